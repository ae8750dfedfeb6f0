"""From a file to the pixels of its frames: stored values at full depth, or RGB.

    _layout       what the header says of the pixels
    _native       frames that are not compressed
    _fragments    which bytes are which frame where they are
    _codestream   what compressed data says of itself
    _compressed   frames that are
    _decoders     which decoder reads which transfer syntax
    _isolated     a native decoder in a process of its own
    _stored       stored values from what lies in their container
    _colour       YBR to RGB
    _palette      a palette's indices to RGB

`Pixels` and `Frame` are what other modules need.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._colour import rgb_of
from scandrop.processors.dicom._compressed import Compressed, Size
from scandrop.processors.dicom._dataset import Element, Encapsulated, File
from scandrop.processors.dicom._decoders import Job
from scandrop.processors.dicom._fragments import Fragments
from scandrop.processors.dicom._layout import Layout, layout_of
from scandrop.processors.dicom._native import Native, Samples
from scandrop.processors.dicom._palette import Palette
from scandrop.processors.dicom._stored import field, held
from scandrop.processors.dicom._tags import DOUBLE_FLOAT_PIXEL_DATA, FLOAT_PIXEL_DATA, PIXEL_DATA
from scandrop.processors.dicom._warnings import Warned

if TYPE_CHECKING:
    from scandrop.processors.dicom import Settings

PIXEL_ELEMENTS: Final = (PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA)


@dataclass(frozen=True, slots=True)
class Frame:
    """The pixels of one frame.

    stored: gray or a palette's indices (rows, columns), integers signed as PixelRepresentation says or floats; or red,
        green and blue (rows, columns, 3). A view on the file, not to be written to, where that will do.
    bits: how many of each value are in use: BitsStored, or 8 or 16 of a palette's colours.
    reduction: how often JPEG 2000 was halved in decoding, each time rounded up.
    embedded_overlay: bits beside the stored ones were set, and are masked off here.
    """

    stored: NDArray[Any]
    bits: int
    reduction: int = 0
    embedded_overlay: bool = False
    palette: Palette | None = None

    @property
    def values(self) -> NDArray[Any]:
        """Gray (rows, columns); or red, green and blue (rows, columns, 3), made anew each time from a palette."""
        return self.palette.rgb(self.stored) if self.palette else self.stored


@dataclass(frozen=True)
class Pixels:
    """The frames of one object, none of them decoded yet."""

    layout: Layout
    source: Native | Compressed
    palette: Palette | None

    @staticmethod
    def of(file: File, settings: "Settings", warned: Warned) -> "Pixels | None":
        """None where the object has no pixels.

        Raises `Rejected` where they are not described, past the lane's caps, cut off, or nothing decodes them; what
        each compressed frame says of itself is held against the header before it is decoded.
        """
        element = next((file.dataset[tag] for tag in PIXEL_ELEMENTS if tag in file.dataset), None)
        if element is None or element.value in (b"", ()):
            return None
        layout = layout_of(file.dataset, file.syntax, element.tag, settings)
        source = _source(file, element, layout, warned)
        palette = None
        if layout.photometric == "PALETTE COLOR":
            palette = Palette.of(file.dataset, file.syntax, signed=layout.signed)
        return Pixels(layout, source, palette)

    @property
    def frames(self) -> int:
        return self.layout.frames

    def frame(self, index: int, at_least: Size | None = None) -> Frame:
        """One frame, counted from 0; see `frames_at`."""
        return next(self.frames_at([index], at_least))

    def frames_at(self, indices: Iterable[int], at_least: Size | None = None) -> Iterator[Frame]:
        """The frames of these indices, in their order.

        at_least: rows and columns; JPEG 2000 is decoded at the smallest size that has as many of each.
        Raises `Rejected` where a frame is damaged or contradicts the header, or its decoder dies or takes too long.
        """
        if isinstance(self.source, Native):
            for index in indices:
                yield self._finished(self.source.samples(index))
        else:
            for job, samples in self.source.decoded(indices, at_least):
                yield self._finished(samples, job)

    def shown(self, settings: "Settings") -> range:
        """The frames that pictures are made of."""
        middle = self.frames // 2
        return range(self.frames) if settings.frames == "each" else range(middle, middle + 1)

    def overlay_in_bits(self, indices: Iterable[int]) -> bool:
        """Whether any of these frames has bits set beside the stored ones: each that can is decoded for it."""
        if self.layout.stored == self.layout.allocated:
            return False
        source = self.source
        able = (index for index in indices if not isinstance(source, Compressed) or source.has_room(index))
        return any(frame.embedded_overlay for frame in self.frames_at(able))

    def _finished(self, samples: Samples, job: Job | None = None) -> Frame:
        layout, reduction = self.layout, job.reduction if job else 0
        values, overlay = self._stored(samples, job)
        bits, colour = layout.stored, job.colour if job else layout.photometric
        if self.palette:
            bits, values = self.palette.bits, values[..., 0]
        elif layout.samples == 1:
            values = values[..., 0]
        elif not isinstance(self.source, Compressed) or colour not in self.source.decoder.to_rgb:
            values = rgb_of(values, colour, bits)
        return Frame(values, bits, reduction, overlay, self.palette)

    def _stored(self, samples: Samples, job: Job | None) -> tuple[NDArray[Any], bool]:
        """Samples as the numbers that the header says they are, and whether other bits were set."""
        layout = self.layout
        if layout.floating or layout.allocated == 1:
            return samples, False
        if job is None or (isinstance(self.source, Compressed) and self.source.decoder.packed):
            return field(samples, layout.stored, signed=layout.signed, shift=layout.high + 1 - layout.stored)
        values, _ = field(samples, job.codestream.precision, signed=layout.signed)
        if job.codestream.lossy:
            return held(values, layout.stored, signed=layout.signed), False
        return field(values, layout.stored, signed=layout.signed)


def _source(file: File, element: Element, layout: Layout, warned: Warned) -> Native | Compressed:
    value, syntax = element.value, file.syntax
    if isinstance(value, tuple) or isinstance(value, Encapsulated) != syntax.encapsulated:
        raise Rejected("dicom_syntax_contradicted", syntax=syntax.name)
    if isinstance(value, Encapsulated):
        frames = Fragments.of(file.dataset, value).frames(layout.frames, warned)
        return Compressed.of(layout, frames, syntax, warned)
    pairs = not syntax.little and layout.allocated == 8 and element.vr == "OW"
    native = Native(layout, value, syntax.little, pairs)
    native.check(warned)
    return native
