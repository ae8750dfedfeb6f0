"""The bytes of each derivative. Nothing of the file but its pixels reaches an encoder, and no clock either."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image

from scandrop.pictures.encode import Bare, save_png

WEBP_METHOD: Final = 2  # half the time of Pillow's own 4 for 4 % more bytes
LOSSLESS_EFFORT: Final = 50
WEBP_FLAGS_AT: Final = 20  # in the VP8X chunk, which an animation begins with
WEBP_ALPHA_FLAG: Final = 0x10


def save(image: Image.Image, path: Path, *, quality: int, lossless: bool = False) -> None:
    """Write an 8-bit (or, as PNG, I;16) image in the format of the path's suffix."""
    image = Bare(image)
    match path.suffix:
        case ".jpg":
            image.save(path, "JPEG", quality=quality)
        case ".png":
            save_png(image, path)
        case ".webp":
            effort = LOSSLESS_EFFORT if lossless else quality
            image.save(path, "WEBP", quality=effort, method=WEBP_METHOD, lossless=lossless)


def save_animation(
    frames: Iterator[Image.Image], path: Path, *, count: int, durations_ms: list[float], plays: int, quality: int
) -> None:
    """Write the frames as one WebP, played `plays` times or, at 0, for ever.

    A frame's duration has to be in the list only when the frame has come.
    """
    animation = _Frames(frames, count)
    animation.save(path, "WEBP", save_all=True, duration=durations_ms, loop=plays, quality=quality, method=WEBP_METHOD)
    if animation.has_alpha:
        _tell_alpha(path)


def _tell_alpha(path: Path) -> None:
    """Set the alpha flag of a WebP.

    libwebp crops each frame to what is opaque; where that is all rectangles it forgets what lies around them.
    """
    with path.open("r+b") as file:
        file.seek(WEBP_FLAGS_AT)
        flags = file.read(1)[0]
        file.seek(WEBP_FLAGS_AT)
        file.write(bytes([flags | WEBP_ALPHA_FLAG]))


class _Frames(Bare):
    """An animation whose frames are made when the encoder asks for them.

    Pillow otherwise wants a list of them, which for 500 frames of 800x600 is 960 MB.
    """

    def __init__(self, frames: Iterator[Image.Image], count: int) -> None:
        self._coming, self._index = frames, 0
        first = next(frames)
        super().__init__(first)
        self.n_frames = count
        self.has_alpha = first.mode.endswith("A")

    def seek(self, frame: int) -> None:
        if frame > self._index:  # the encoder only goes forward, and back to the first when all is done
            shown = next(self._coming)
            self.hold(shown)
            self._index = frame
            self.has_alpha |= shown.mode.endswith("A")

    def tell(self) -> int:
        return self._index
