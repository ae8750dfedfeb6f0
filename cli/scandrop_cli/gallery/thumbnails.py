"""A thumbnail of an object, from the smallest derivative that shows it."""

import base64
import gzip
import io
from collections.abc import Callable, Mapping

from PIL import Image

from scandrop_cli.gallery.source import Manifest, Source

LONGEST_PX = 224
_QUALITY = 70
_MOST_PIXELS = 50_000_000
_SLICES = (0.35, 0.5, 0.65)  # of the way from the feet to the head


def thumbnail(source: Source, manifest: Manifest) -> str | None:
    """A data: URL of a WebP picture; None for what has no picture, or one that cannot be read."""
    for entry in manifest["derivatives"]:
        draw = next((draw for ending, draw in _BY_ENDING.items() if entry["name"].endswith(ending)), None)
        body = source.derivative(entry["name"]) if draw else None
        if draw and body:
            return _drawn(draw, body)
    return None


def _drawn(draw: Callable[[bytes], Image.Image], body: bytes) -> str | None:
    try:
        picture = draw(body)
    except (OSError, ValueError, EOFError, Image.DecompressionBombError):
        return None
    picture.thumbnail((LONGEST_PX, LONGEST_PX))
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode()}"


def _preview(body: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(body), formats=("PNG",))
    if picture.width * picture.height > _MOST_PIXELS:
        raise ValueError("the preview is too large")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _slices(body: bytes) -> Image.Image:
    """Axial slices of a run's reference volume, side by side, the front of the head upward."""
    import nibabel  # noqa: PLC0415  # only a gallery with runs in it waits for it
    import numpy as np  # noqa: PLC0415

    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(body))
    upright = nibabel.as_closest_canonical(image)  # type: ignore[no-untyped-call]  # nibabel has no types
    volume = np.asarray(upright.dataobj, np.float32)
    low, high = np.percentile(volume, (2, 99.5))
    shades = np.clip((volume - low) * 255 / max(high - low, 1e-9), 0, 255).astype(np.uint8)
    return Image.fromarray(np.hstack([np.rot90(shades[:, :, int(part * shades.shape[2])]) for part in _SLICES]))


_BY_ENDING: Mapping[str, Callable[[bytes], Image.Image]] = {"preview.png": _preview, "_boldref.nii.gz": _slices}
