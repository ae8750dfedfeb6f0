"""Which decoder reads which transfer syntax, one visible table.

Each is a function of one frame's bytes that gives its samples (rows, columns, samples). Modules are imported when a
frame needs them, and where one that the lane's layer has to hold is missing, that is an ImportError: the package is
at fault. Only the GPL one may be missing.
"""

import importlib
import zlib
from collections.abc import Buffer as Writable
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import SEEK_SET, BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scandrop.errors import Rejected
from scandrop.processors.dicom._codestream import (
    Codestream,
    as_described,
    look_at_jpeg,
    look_at_jpeg_2000,
    look_at_rle,
)
from scandrop.processors.dicom._dataset import Buffer, Syntax
from scandrop.processors.dicom._layout import SUBSAMPLED, WAVELET_COLOUR, Layout
from scandrop.processors.dicom._native import Native, Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

YBR: Final = frozenset({"YBR_FULL", *SUBSAMPLED})


@dataclass(frozen=True, slots=True)
class Job:
    """One frame. colour: of the compressed samples; reduction: how many times the size is halved."""

    data: Buffer
    layout: Layout
    codestream: Codestream
    colour: str
    reduction: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        layout = self.layout
        return halved(layout.rows, self.reduction), halved(layout.columns, self.reduction), layout.samples


@dataclass(frozen=True, slots=True)
class Decoder:
    """name: for errors; modules: imported before the first frame; look: what a frame says of itself.

    to_rgb: photometric interpretations that come out as RGB.
    packed: whether samples come out in the header's container instead of the least that their precision needs.
    safe: ours or the standard library's, so that it needs no process of its own.
    """

    name: str
    decode: Callable[[Job], Samples]
    look: Callable[[Buffer, Layout], Codestream | None]
    modules: tuple[str, ...] = ()
    to_rgb: frozenset[str] = frozenset()
    packed: bool = False
    safe: bool = False

    def dtype(self, job: Job) -> np.dtype[Any]:
        if self.packed:
            return np.dtype(job.layout.code)
        size = next(size for size in (1, 2, 4, 8) if job.codestream.precision <= 8 * size)
        return np.dtype(f"{'i' if job.codestream.signed else 'u'}{size}")

    def ready(self) -> None:
        """Import what it needs."""
        for module in self.modules:
            importlib.import_module(module)


def halved(size: int, times: int) -> int:
    """How many samples are left of `size` after so many levels (T.800 B.5)."""
    return -(-size // (1 << times))


def _uncompressed(job: Job) -> Samples:
    return _frame_of(job.data, job.layout)


def _inflated(job: Job) -> Samples:
    wanted = replace(job.layout, frames=1).frame_bytes
    return _frame_of(zlib.decompressobj(-zlib.MAX_WBITS).decompress(job.data, wanted), job.layout)


def _rle(job: Job) -> Samples:
    """One segment for each byte of a sample, most significant first; planes one after the other (PS3.5 G.2)."""
    rle = importlib.import_module("rle.rle")
    layout = job.layout
    flat = rle.decode_frame(bytes(job.data), layout.rows * layout.columns, layout.allocated, "<")
    planes = np.frombuffer(flat, np.dtype(layout.code).newbyteorder("<"))
    return planes.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)


def _pillow_jpeg(job: Job) -> Samples:
    from PIL import JpegImagePlugin  # noqa: PLC0415 (see above)

    image = JpegImagePlugin.JpegImageFile(BytesIO(job.data))
    if job.layout.samples == 3:  # libjpeg's guess at the colours is replaced by what is known of them
        tile = image.tile[0]
        image.tile = [tile._replace(args=("RGB", "RGB" if job.colour == "RGB" else "YCbCr"))]
    return np.asarray(image).reshape(job.shape)


def _pillow_jpeg_2000(job: Job) -> Samples:
    """At less than full size, which Pillow is told: it rounds to the nearest where the standard rounds up."""
    from PIL import ImageFile, Jpeg2KImagePlugin  # noqa: PLC0415

    image = Jpeg2KImagePlugin.Jpeg2KImageFile(BufferedReader(_Bytes(job.data)))
    rows, columns, _ = job.shape
    arguments: Any = image.tile[0].args
    codec, _, layers, *source = arguments
    image._size = (columns, rows)  # noqa: SLF001
    image.tile = [ImageFile._Tile("jpeg2k", (0, 0, columns, rows), 0, (codec, job.reduction, layers, *source))]  # noqa: SLF001
    shifted = np.asarray(image).reshape(job.shape)
    precision, signed = job.codestream.precision, job.codestream.signed
    values = shifted >> (8 * shifted.dtype.itemsize - precision)  # Pillow fills its container from the top
    return values.astype(f"i{values.dtype.itemsize * 2}") - (1 << precision - 1) if signed else values


def _openjpeg(job: Job) -> Samples:
    if job.reduction:
        return _pillow_jpeg_2000(job)
    openjpeg = importlib.import_module("openjpeg")
    decoded: NDArray[Any] = openjpeg.decode(BufferedReader(_Bytes(job.data)))
    return decoded.reshape(job.shape)


class _Bytes(RawIOBase):
    """Bytes to read from where they lie; `BytesIO` would make a copy of them."""

    def __init__(self, data: Buffer) -> None:
        self._data, self._at = memoryview(data), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, into: Writable, /) -> int:
        place = memoryview(into)
        part = self._data[self._at : self._at + len(place)]
        place[: len(part)] = part
        self._at += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        self._at = max(0, (0, self._at, len(self._data))[whence] + offset)
        return self._at

    def tell(self) -> int:
        return self._at


def _charls(job: Job) -> Samples:
    charls = importlib.import_module("jpeg_ls")
    flat, said = charls.decode_pixel_data(bytes(job.data))
    values = np.frombuffer(flat, "u1" if said["bits_per_sample"] <= 8 else "<u2")
    if said["components"] > 1 and said["interleave_mode"] == 0:
        rows, columns, samples = job.shape
        return values.reshape(samples, rows, columns).transpose(1, 2, 0)
    return values.reshape(job.shape)


def _gdcm(job: Job) -> Samples:
    gdcm = importlib.import_module("gdcm")
    layout = job.layout
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(bytes(job.data))
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.columns, layout.rows, 1))
    image.SetDataElement(element)
    photometric = "RGB" if layout.samples == 3 else "MONOCHROME2"  # no conversion
    kind = gdcm.PhotometricInterpretation.GetPIType(photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetPlanarConfiguration(0)
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    depth = (layout.allocated, layout.stored, layout.stored - 1, int(layout.signed))
    image.SetPixelFormat(gdcm.PixelFormat(layout.samples, *depth))
    flat = image.GetBuffer().encode("utf-8", "surrogateescape")  # its bytes come as text
    return np.frombuffer(flat, np.dtype(layout.code).newbyteorder("<")).reshape(job.shape)


def _libjpeg(job: Job) -> Samples:
    libjpeg = importlib.import_module("libjpeg")
    decoded: NDArray[Any] = libjpeg.decode(bytes(job.data))
    return decoded.reshape(job.shape)


UNCOMPRESSED: Final = Decoder("uncompressed", _uncompressed, as_described, packed=True, safe=True)
DEFLATE: Final = Decoder("deflate", _inflated, as_described, packed=True, safe=True)
RLE: Final = Decoder("RLE", _rle, look_at_rle, ("rle.rle",), packed=True)
JPEG: Final = Decoder("JPEG", _pillow_jpeg, look_at_jpeg, ("PIL.JpegImagePlugin",), YBR)
DEEP_JPEG: Final = Decoder("12-bit JPEG", _libjpeg, look_at_jpeg, ("libjpeg",))
LOSSLESS_JPEG: Final = Decoder("lossless JPEG", _gdcm, look_at_jpeg, ("gdcm",), packed=True)
JPEG_LS: Final = Decoder("JPEG-LS", _charls, look_at_jpeg, ("jpeg_ls",))
JPEG_2000: Final = Decoder(
    "JPEG 2000", _openjpeg, look_at_jpeg_2000, ("openjpeg", "PIL.Jpeg2KImagePlugin"), frozenset(WAVELET_COLOUR)
)

DECODERS: Final[dict[str, Decoder]] = {
    "EncapsulatedUncompressedExplicitVRLittleEndian": UNCOMPRESSED,
    "DeflatedImageFrameCompression": DEFLATE,
    "RLELossless": RLE,
    "JPEGBaseline8Bit": JPEG,
    "JPEGExtended12Bit": JPEG,  # or DEEP_JPEG, by the precision of the data
    "JPEGFullProgressionNonHierarchical1012": JPEG,
    "JPEGLossless": LOSSLESS_JPEG,
    "JPEGLosslessSV1": LOSSLESS_JPEG,
    "JPEGLSLossless": JPEG_LS,
    "JPEGLSNearLossless": JPEG_LS,
    "JPEG2000Lossless": JPEG_2000,
    "JPEG2000": JPEG_2000,
    "HTJ2KLossless": JPEG_2000,
    "HTJ2KLosslessRPCL": JPEG_2000,
    "HTJ2K": JPEG_2000,
}


def decoder_of(syntax: Syntax, data: Buffer, layout: Layout) -> Decoder:
    """The decoder for pixels of which `data` is the first frame, ready to decode.

    Raises `Rejected` for a syntax that none reads, and ``dicom_needs_libjpeg`` where the GPL package would.
    """
    decoder = DECODERS.get(syntax.name)
    if decoder is None:
        raise Rejected("dicom_syntax_unsupported", syntax=syntax.name)
    if decoder is JPEG and _is_deep(look_at_jpeg(data, layout)):
        decoder = DEEP_JPEG
    try:
        decoder.ready()
    except ImportError:
        if decoder is not DEEP_JPEG:
            raise
        raise Rejected("dicom_needs_libjpeg", syntax=syntax.name) from None
    return decoder


def _is_deep(said: Codestream | None) -> bool:
    return said is not None and said.precision > 8


def _frame_of(data: Buffer, layout: Layout) -> Samples:
    native = Native(replace(layout, frames=1), data)
    if len(data) * 8 < native.frame_bits:
        raise ValueError("the frame is cut off")
    return native.samples(0)
