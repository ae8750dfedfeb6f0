"""Opening an image that nobody vouches for: caps first, then upright pixels, one frame at a time."""

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ExifTags import IFD, Base
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from scandrop.errors import Rejected
from scandrop.processors import SNIFF_BYTES
from scandrop.processors.image import Settings
from scandrop.processors.image._headers import ACCEPTED, gif_extent, jpeg_scans, png_exif, sniff, webp_bytes, webp_size
from scandrop.processors.image._tiff_reader import TiffReader, mend

READERS: Final[dict[str, type[ImageFile]]] = {
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffReader,
    "WebP": WebPImageFile,
}
MAX_JPEG_SCANS: Final = 100  # encoders write a dozen; each costs a pass over all pixels
MAX_PLAYS: Final = 65_535  # of a WebP

UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS: Final = (5, 6, 7, 8)

# Pillow's debug lines hold tag values, which may be a patient's name
logging.getLogger("PIL").setLevel(logging.INFO)


@contextmanager
def reading(code: str, image_format: str) -> Iterator[None]:
    """Turn whatever Pillow raises on a bad file into a rejection, but let a failing disk and memory through."""
    try:
        yield
    except (Rejected, MemoryError):
        raise
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno not in (None, errno.EINVAL):  # which a wild offset raises
            raise
        raise Rejected(code, format=image_format) from None  # Pillow's own words may quote the file


@dataclass(frozen=True)
class Source:
    """An opened image whose header is within the caps.

    size: upright width and height of the first frame.
    frames: how many follow each other in time; pages: how many lie side by side in a TIFF.
    orientation: the EXIF turn that `load` still has to undo.
    """

    path: Path
    format: str
    image: ImageFile
    size: tuple[int, int]
    frames: int
    pages: int
    orientation: int

    def load(self, at_least: tuple[int, int] | None = None) -> Image.Image:
        """The upright pixels of the current frame; a JPEG may come smaller, but not below `at_least`."""
        with reading("image_damaged", self.format):
            if at_least:
                self.image.draft(self.image.mode, at_least[::-1] if self.orientation in SIDEWAYS else at_least)
            self.image.load()
        if self.image.mode in ("P", "PA") and self.image.palette is None:  # a PNG whose palette is lost
            raise Rejected("image_damaged", format=self.format)
        # the next frame is drawn into the same image
        return self.upright(self.image.copy() if self.frames * self.pages > 1 else self.image)

    def upright(self, image: Image.Image) -> Image.Image:
        turn = UPRIGHT.get(self.orientation)
        return image if turn is None else image.transpose(turn)

    @property
    def first_frame(self) -> int:
        """Where the animation begins."""
        return _stills(self.image)

    @property
    def plays(self) -> int:
        """How often the animation is shown, 0 for ever; a GIF says how often it is repeated, or nothing."""
        loop = self.image.info.get("loop")
        if self.format != "GIF":
            return min(int(loop or 0), MAX_PLAYS)
        return 1 if loop is None else loop and min(loop + 1, MAX_PLAYS)

    def seek(self, index: int) -> None:
        with reading("image_damaged", self.format):
            self.image.seek(index)
            mend(self.image)

    def low_bytes(self, page: int) -> Image.Image:
        """The second byte of each 16-bit colour sample, of which Pillow keeps the first only.

        Reads the same data again and says that the bytes are the other way round.
        """
        with reading("image_damaged", self.format), READERS[self.format](self.path) as again:
            if page:
                again.seek(page)
            again.tile = [tile._replace(args=_other_byte(tile.args)) for tile in again.tile]
            again.load()
            return self.upright(again)


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Source]:
    """Open `path` by its content, not its name, and check every cap before a pixel is decoded."""
    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    image_format = sniff(head)
    if image_format is None:
        raise Rejected("unsupported", accepted=ACCEPTED)
    frames = _check_before_opening(path, head, image_format, settings)
    with reading("image_unreadable", image_format):
        image = READERS[image_format](path)
    with image:
        with reading("image_unreadable", image_format):
            mend(image)
        orientation = _orientation(image, path)
        is_heavy = image_format == "WebP" or (orientation in UPRIGHT and is_deep(image))
        _check_pixels(image.size, settings, is_heavy=is_heavy)
        sizes = [image.size]
        if isinstance(image, TiffImageFile):
            sizes = _page_sizes(image, settings)
        else:
            with reading("image_damaged", image_format):
                frames = max(frames, getattr(image, "n_frames", 1))
            _check_frames(frames, settings)
            _check_pixels(image.size, settings, is_heavy=is_heavy or frames > 1)
            frames -= _stills(image)
            sizes *= frames
        _check_total(sizes, settings)
        yield Source(
            path=path,
            format=image_format,
            image=image,
            size=sizes[0][::-1] if orientation in SIDEWAYS else sizes[0],
            frames=1 if image_format == "TIFF" else frames,
            pages=len(sizes) if image_format == "TIFF" else 1,
            orientation=orientation,
        )


def raw_mode(image: ImageFile) -> str:
    """The layout of the pixels in the file, as Pillow's decoders call it."""
    args = image.tile[0].args if image.tile else ""
    return str(args[0]) if isinstance(args, tuple) else str(args)


def is_deep(image: ImageFile) -> bool:
    return ";16" in raw_mode(image)


def personal_data(source: Source) -> list[str]:
    """Which kinds of text and tags the loaded file carries, in known words; no derivative has any of them."""
    info = source.image.info
    tags = _tags(source.image.getexif)
    with reading("image_damaged", source.format):  # of an APNG, Pillow walks all frames to its texts
        text = getattr(source.image, "text", None)
    found = {
        "comment": bool(info.get("comment") or text or Base.ImageDescription in tags),
        "exif": bool(info.get("exif") or "Raw profile type exif" in info or IFD.Exif in tags),
        "gps": IFD.GPSInfo in tags,
        "icc": bool(info.get("icc_profile")),
        "xmp": bool(info.get("xmp") or info.get("XML:com.adobe.xmp")),
    }
    return [kind for kind, is_there in found.items() if is_there]


def _check_before_opening(path: Path, head: bytes, image_format: str, settings: Settings) -> int:
    """Check what Pillow would allocate, or walk through, while opening; returns the frames of a GIF."""
    if image_format == "WebP":
        _check_pixels(webp_size(head), settings, is_heavy=True)
        if path.stat().st_size < webp_bytes(head):  # on opening, Pillow reads it all and tells no cause
            raise Rejected("image_damaged", format=image_format)
    elif image_format == "JPEG" and jpeg_scans(path) > MAX_JPEG_SCANS:
        raise Rejected("image_bomb", format=image_format, max_scans=MAX_JPEG_SCANS)
    elif image_format == "GIF":
        frames, width, height = gif_extent(path, settings.max_frames)
        _check_frames(frames, settings)
        _check_pixels((width, height), settings, is_heavy=frames > 1)
        return frames
    return 1


def _page_sizes(image: TiffImageFile, settings: Settings) -> list[tuple[int, int]]:
    sizes = [image.size]
    with reading("image_unreadable", "TIFF"):
        while True:
            try:
                image.seek(len(sizes))
            except EOFError:
                break
            mend(image)
            _check_pixels(image.size, settings, is_heavy=True)
            sizes.append(image.size)
            _check_frames(len(sizes), settings)
        image.seek(0)
        mend(image)
    _check_pixels(sizes[0], settings, is_heavy=len(sizes) > 1)
    return sizes


def _check_pixels(size: tuple[int, int], settings: Settings, *, is_heavy: bool) -> None:
    """One frame may have half as many pixels where up to twice as many copies of it are held at once.

    So it is in a WebP, among other frames or pages, and where 16 bits are turned.
    """
    max_pixels = settings.max_pixels // 2 if is_heavy else settings.max_pixels
    if size[0] * size[1] > max_pixels:
        raise Rejected("image_too_large", width=size[0], height=size[1], max_pixels=max_pixels)


def _check_frames(frames: int, settings: Settings) -> None:
    if frames > settings.max_frames:
        raise Rejected("image_too_many_frames", max_frames=settings.max_frames)


def _check_total(sizes: list[tuple[int, int]], settings: Settings) -> None:
    pixels = sum(width * height for width, height in sizes)
    if pixels > settings.max_total_pixels:
        raise Rejected("image_too_long", frames=len(sizes), pixels=pixels, max_total_pixels=settings.max_total_pixels)


def _stills(image: ImageFile) -> int:
    """1 for an APNG with a picture for those who cannot play it, which is no part of the animation."""
    return int(getattr(image, "default_image", False))


def _orientation(image: ImageFile, path: Path) -> int:
    if isinstance(image, TiffImageFile):
        return 1  # Pillow turns it upright by itself
    read = (lambda: _exif(png_exif(path))) if isinstance(image, PngImageFile) else image.getexif
    orientation = _tags(read).get(Base.Orientation, 1)
    return orientation if orientation in UPRIGHT else 1


def _exif(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(block)
    return tags


def _tags(read: Callable[[], Image.Exif]) -> Image.Exif:
    """The EXIF tags, or none where they are damaged: that is no reason to refuse the pixels."""
    try:
        return read()
    except Exception:  # noqa: BLE001 (damaged tags raise nearly anything)
        return Image.Exif()


def _other_byte(args: Any) -> Any:  # noqa: ANN401 (as Pillow types them)
    if isinstance(args, tuple):
        return (_other_byte(args[0]), *args[1:])
    # libtiff hands over native order ("N"), which is little-endian on every Lambda
    other = {"B": "L", "L": "B", "N": "B"}
    return f"{args[:-1]}{other[args[-1]]}"
