"""Image files for the tests, among them kinds that no library here writes, and what to look at in the results."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

from scandrop.processors import Source
from scandrop.processors.image import Settings, process

PHOTOS = Path(skimage.__file__).parent / "data"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def photo(name="astronaut.png", size=None, mode=None):
    with Image.open(PHOTOS / name) as opened:
        image = opened.convert(mode or opened.mode)
    return image.resize(size) if size else image


def encode(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


class Derived:
    """What `process` made of some bytes."""

    def __init__(self, folder, data, name="drop.bin", **settings):
        source, work = folder / name, folder / "work"
        source.write_bytes(data)
        work.mkdir()
        self.result = process(Source(source, source.name), Settings(**settings), work)
        self.metadata = self.result.metadata
        self.paths = {derivative.name: derivative.path for derivative in self.result.derivatives}
        self.details = {derivative.name: derivative.details for derivative in self.result.derivatives}
        self.left_over = {path.name for path in work.iterdir()} - set(self.paths)

    def path(self, stem):
        (found,) = (path for name, path in self.paths.items() if name.startswith(f"{stem}."))
        return found

    def image(self, name):
        with Image.open(self.paths.get(name) or self.path(name)) as image:
            image.load()
            return image

    def array(self, name):
        return np.asarray(self.image(name)).astype(float)

    @property
    def model(self):
        with np.load(self.paths["model.npz"]) as arrays:
            return dict(arrays)


def psnr(one, other, peak=255):
    return 10 * np.log10(peak**2 / max(np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2), 1e-12))


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width, height, bits, colour_type):
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))


def png_16(samples, transparent=()):
    """A 16-bit PNG of (height, width) or (height, width, bands)."""
    height, width = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = png_header(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[bands])
    if len(transparent):
        header += png_chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    return PNG_SIGNATURE + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def read_png_16(path):
    """The samples of a 16-bit PNG as this package writes it, by the standard and not by Pillow."""
    data, position, rows = path.read_bytes(), 8, b""
    while position < len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        chunk = data[position + 8 : position + 8 + length]
        assert png_chunk(name, chunk) == data[position : position + 12 + length]
        if name == b"IHDR":
            width, height, bits, colour_type = struct.unpack_from(">IIBB", chunk)
            assert bits == 16
        rows += chunk if name == b"IDAT" else b""
        position += 12 + length
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    rows = np.frombuffer(zlib.decompress(rows), np.uint8).reshape(height, 1 + 2 * bands * width)
    assert set(rows[:, 0]) == {1}
    differences = rows[:, 1:].reshape(height, width, 2 * bands)
    samples = np.cumsum(differences, axis=1, dtype=np.uint8).view(">u2")
    return samples[..., 0] if bands == 1 else samples


def tiff(samples, *, big_endian=False, deflate=False, photometric=None, separate=False, extra_tags=()):
    """A TIFF of any numpy type, in (height, width) or (height, width, bands)."""
    order = ">" if big_endian else "<"
    height, width = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    sample_format = {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    planes = [samples[..., band] for band in range(bands)] if separate else [samples]
    strips = [plane.astype(plane.dtype.newbyteorder(order)).tobytes() for plane in planes]
    if deflate:
        strips = [zlib.compress(strip) for strip in strips]
    offsets = [8 + sum(map(len, strips[:index])) for index in range(len(strips))]
    tags = {
        256: [width],
        257: [height],
        258: [8 * samples.itemsize] * bands,
        259: [8 if deflate else 1],
        262: [photometric if photometric is not None else 2 if bands > 2 else 1],
        273: offsets,
        277: [bands],
        278: [height],
        279: list(map(len, strips)),
        284: [2 if separate else 1],
        **({338: [2]} if bands in (2, 4) else {}),
        339: [sample_format] * bands,
        **dict(extra_tags),
    }
    data = b"".join(strips)
    data += bytes(len(data) % 2)
    directory = 8 + len(data)
    after, entries, rest = directory + 2 + 12 * len(tags) + 4, b"", b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            packed, rest = struct.pack(f"{order}I", after + len(rest)), rest + packed
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + packed
    head = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(f"{order}I", directory)
    return head + data + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + rest


def read_tiff(path):
    """The samples of a one-page TIFF as this package writes it, by the standard and not by Pillow."""
    data = path.read_bytes()
    (directory,) = struct.unpack_from("<I", data, 4)
    tags = {}
    for index in range(struct.unpack_from("<H", data, directory)[0]):
        tag, _, count, value = struct.unpack_from("<HHII", data, directory + 2 + 12 * index)
        tags[tag] = [value] if count == 1 else list(struct.unpack_from(f"<{count}I", data, value))
    (width,), (height,), (bands,) = tags[256], tags[257], tags[277]
    dtype = {(8, 1): "u1", (16, 1): "<u2", (32, 3): "<f4"}[tags[258][0], tags[339][0]]
    strips = zip(tags[273], tags[279], strict=True)
    samples = np.frombuffer(b"".join(zlib.decompress(data[at : at + size]) for at, size in strips), dtype)
    samples = samples.reshape(height, width, bands)
    if tags[317] == [2]:
        samples = np.cumsum(samples, axis=1, dtype=samples.dtype)
    return samples[..., 0] if bands == 1 else samples
