"""What transfer syntax compressed pixels are in by their own markers, where their label is another's."""

from dataclasses import replace
from itertools import accumulate, takewhile
from typing import Final

from scandrop.processors.dicom._codestream import coding_of
from scandrop.processors.dicom._dataset import SYNTAXES, Encapsulated, File
from scandrop.processors.dicom._decoders import DECODERS, DEFLATE, UNCOMPRESSED
from scandrop.processors.dicom._fragments import Fragments, joined
from scandrop.processors.dicom._tags import PIXEL_DATA
from scandrop.processors.dicom._warnings import Warned

BY_NAME: Final = {syntax.name: syntax for syntax in SYNTAXES.values()}
HEADER_BYTES: Final = 1 << 16  # in which the headers of a frame lie, in however many fragments


def rightly_labelled(file: File, warned: Warned) -> File:
    """The object in the transfer syntax that its first frame is in, if the label is another. Raises `Rejected`."""
    element = file.dataset.get(PIXEL_DATA)
    has_markers = DECODERS.get(file.syntax.name) not in (None, DEFLATE, UNCOMPRESSED)
    if element is None or not isinstance(element.value, Encapsulated) or not has_markers:
        return file
    parts = [part for _, part in Fragments.of(file.dataset, element.value).items]
    held = accumulate(parts, lambda total, part: total + len(part), initial=0)
    names = coding_of(joined([part for part, _ in zip(parts, takewhile(HEADER_BYTES.__gt__, held), strict=False)]))
    if not names or file.syntax.name in names:
        return file
    warned.add("dicom_syntax_contradiction", said=file.syntax.name, found=names[0])
    return replace(file, syntax=BY_NAME[names[0]])
