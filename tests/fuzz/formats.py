"""The kinds of files that the lanes read: real ones and small, how each falls apart, and the bombs of each."""

import gzip
import json
import random
import re
import struct
import zlib
from functools import cache
from itertools import pairwise

import dicom_files
import image_samples
import nifti_files
import numpy as np
from PIL import Image, PngImagePlugin

from scandrop.processors.nifti._fields import LAYOUTS

from .mutate import INTEGERS, Format, Parts, number_into

CANARY = "Zzyzx-Quetzal"  # in every text of the seed files; in nothing that is said of them
_BOMB_BYTES = 40_000_000
_SMALL_BYTES = 40_000
_ZEROS = bytes(_BOMB_BYTES)


def _picture(mode: str) -> Image.Image:
    return image_samples.photo(size=(48, 32), mode=mode)


def _saved(mode: str, kind: str, **options: object) -> bytes:
    return image_samples.encode(_picture(mode), kind, **options)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = CANARY  # ImageDescription, Artist
    exif[0x0112] = 6  # Orientation
    return exif


# PNG: chunks, their lengths and checksums right


def _split_png(data: bytes) -> Parts:
    parts, at = [], 8
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        parts.append(data[at + 4 : at + 8 + size])
        at += 12 + size
    return parts


def _join_png(parts: Parts) -> bytes:
    return image_samples.PNG_SIGNATURE + b"".join(image_samples.png_chunk(part[:4], part[4:]) for part in parts)


def _png_other_rows(rng: random.Random, parts: Parts) -> Parts:
    """The pixels changed before they are deflated, or far too many or few of them."""
    rows = rng.choice((b"", rng.randbytes(5000), _ZEROS))
    others = [part for part in parts if part[:4] != b"IDAT"]
    return [*others[:-1], b"IDAT" + zlib.compress(rows, 1), b"IEND"]


def _png_text_bomb(rng: random.Random, parts: Parts) -> Parts:
    kind = rng.choice((b"zTXtComment\0\0", b"iCCPprofile\0\0", b"iTXtComment\0\1\0\0\0"))
    return [*parts[:1], kind + zlib.compress(_ZEROS, 1), *parts[1:]]


def _png_size(rng: random.Random, parts: Parts) -> Parts:
    sides = [rng.choice((0, 1, 48, 10_000, 20_000, 65_535, 2**31 - 1)) for _ in range(2)]
    return [b"IHDR" + struct.pack(">II", *sides) + parts[0][12:], *parts[1:]] if parts else parts


def _png_animated(rng: random.Random, parts: Parts) -> Parts:
    control = b"acTL" + struct.pack(">II", rng.choice(INTEGERS) % 2**32, 0)
    frame = b"fcTL" + struct.pack(">IIIIIHHBB", 0, *(rng.choice((0, 1, 48, 2**31)) for _ in range(4)), 1, 0, 0, 0)
    return [*parts[:1], control, *[frame] * rng.choice((1, 2, 600)), *parts[1:]]


def _png() -> Format:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", CANARY)
    seeds = [
        *(_saved(mode, "PNG", pnginfo=info, exif=_exif()) for mode in ("L", "LA", "RGB", "RGBA", "P", "1")),
        image_samples.png_16(np.arange(600, dtype=np.uint16).reshape(20, 30)),
        _saved("RGB", "PNG", save_all=True, append_images=[_picture("RGB").rotate(9)]),
    ]
    tricks = (_png_other_rows, _png_text_bomb, _png_size, _png_animated)
    return Format("image", ".png", seeds, _split_png, _join_png, tricks)


# JPEG: segments with right lengths; entropy-coded data is a part of its own


def _split_jpeg(data: bytes) -> Parts:
    marks = [*(found.start() for found in re.finditer(rb"\xff[\xc0-\xcf\xd8-\xfe]", data)), len(data)]
    return [data[low:high] for low, high in pairwise(marks)]


def _join_jpeg(parts: Parts) -> bytes:
    return b"".join(parts)


def _jpeg_size(rng: random.Random, parts: Parts) -> Parts:
    sides = struct.pack(">HH", *(rng.choice((0, 1, 48, 10_000, 65_535)) for _ in range(2)))
    return [part[:5] + sides + part[9:] if part[:2] in (b"\xff\xc0", b"\xff\xc2") else part for part in parts]


def _jpeg_scans(rng: random.Random, parts: Parts) -> Parts:
    """The same scan over and over."""
    scans = [part for part in parts if part[:2] == b"\xff\xda"]
    return parts[:-1] + scans * rng.choice((10, 200, 2000)) + parts[-1:]


def _jpeg() -> Format:
    icc = b"\0" * 60 + CANARY.encode() * 20
    seeds = [
        _saved("RGB", "JPEG", exif=_exif(), comment=CANARY.encode()),
        _saved("L", "JPEG", exif=_exif()),
        _saved("CMYK", "JPEG"),
        _saved("RGB", "JPEG", progressive=True, icc_profile=icc),
        _saved("RGB", "JPEG", subsampling=2, restart_marker_blocks=2),
    ]
    return Format("image", ".jpg", seeds, _split_jpeg, _join_jpeg, (_jpeg_size, _jpeg_scans))


# GIF, BMP and WebP


def _split_gif(data: bytes) -> Parts:
    marks = [0, 6, 13, *(found.start() for found in re.finditer(rb"[\x21\x2c](?=[\xf9\xff\xfe\0])", data)), len(data)]
    return [data[low:high] for low, high in pairwise(sorted(set(marks)))]


def _gif_size(rng: random.Random, parts: Parts) -> Parts:
    screen = struct.pack("<HH", *(rng.choice((0, 1, 48, 10_000, 65_535)) for _ in range(2)))
    return [parts[0], screen + parts[1][4:], *parts[2:]] if len(parts) > 1 else parts


def _gif() -> Format:
    frames = [_picture("P").rotate(angle) for angle in (5, 9)]
    seeds = [
        _saved("P", "GIF", comment=CANARY.encode()),
        _saved("L", "GIF"),
        _saved("P", "GIF", save_all=True, append_images=frames, transparency=3, disposal=2),
    ]
    return Format("image", ".gif", seeds, _split_gif, b"".join, (_gif_size,))


def _split_bmp(data: bytes) -> Parts:
    fields = (0, 2, 6, 10, 14, 18, 22, 26, 28, 30, 34, 38, 42, 46, 50, 54)
    return [data[low:high] for low, high in pairwise((*fields, len(data)))]


def _bmp() -> Format:
    seeds = [_saved(mode, "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")]
    return Format("image", ".bmp", seeds, _split_bmp, b"".join)


def _split_webp(data: bytes) -> Parts:
    parts, at = [], 12
    while at + 8 <= len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        parts.append(data[at : at + 4] + data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return parts


def _join_webp(parts: Parts) -> bytes:
    chunks = b"".join(
        part[:4] + struct.pack("<I", max(len(part) - 4, 0)) + part[4:] + b"\0" * (len(part) % 2) for part in parts
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _webp_canvas(rng: random.Random, parts: Parts) -> Parts:
    sides = b"".join(rng.choice((0, 47, 9_999, 16_383, 2**24 - 1)).to_bytes(3, "little") for _ in range(2))
    return [b"VP8X" + bytes((rng.randrange(64), 0, 0, 0)) + sides, *(part for part in parts if part[:4] != b"VP8X")]


def _webp_lossless_size(rng: random.Random, _parts: Parts) -> Parts:
    """A still of which nothing but its size is there."""
    width, height = (rng.choice((0, 47, 6_199, 15_999, 16_383)) for _ in range(2))
    return [
        b"VP8L\x2f"
        + struct.pack("<I", width | height << 14 | rng.randrange(16) << 28)
        + rng.choice((b"\0" * 9, b"\x88" * 99))
    ]


def _webp() -> Format:
    frames = [_picture("RGB").rotate(angle) for angle in (5, 9)]
    seeds = [
        _saved("RGB", "WEBP", exif=_exif(), xmp=CANARY.encode()),
        _saved("RGBA", "WEBP", lossless=True),
        _saved("RGB", "WEBP", save_all=True, append_images=frames),
    ]
    return Format("image", ".webp", seeds, _split_webp, _join_webp, (_webp_canvas, _webp_lossless_size))


# TIFF: the entries of the first directory


def _order(data: bytes) -> str:
    return ">" if data[:2] == b"MM" else "<"


def _split_tiff(data: bytes) -> Parts:
    at = struct.unpack_from(_order(data) + "I", data, 4)[0]
    count = struct.unpack_from(_order(data) + "H", data, at)[0]
    ends = range(at + 2, at + 3 + 12 * count, 12)
    return [data[:at], *(data[low:high] for low, high in pairwise(ends)), data[ends[-1] :]]


def _join_tiff(parts: Parts) -> bytes:
    if not parts:
        return b""
    count = struct.pack(_order(parts[0]) + "H", max(len(parts) - 2, 0) % 65536)
    return parts[0] + count + b"".join(parts[1:])


def _tiff_entry(rng: random.Random, parts: Parts) -> Parts:
    """A field given another type, count or value, its tag left."""
    index = rng.randrange(1, len(parts) - 1) if len(parts) > 2 else 0
    if not index:
        return parts
    order = _order(parts[0])
    fields = list(struct.unpack(order + "HHII", parts[index].ljust(12, b"\0")[:12]))
    changed = rng.randrange(1, 4)
    fields[changed] = rng.choice(INTEGERS) % (2**16 if changed == 1 else 2**32)
    return [*parts[:index], struct.pack(order + "HHII", *fields), *parts[index + 1 :]]


def _tiff_new_entry(rng: random.Random, parts: Parts) -> Parts:
    tag = rng.choice(
        (254, 258, 259, 262, 266, 277, 278, 284, 292, 317, 320, 322, 323, 330, 338, 339, 347, 532, 34665, 34675)
    )
    entry = struct.pack("<HHII", tag, rng.randrange(1, 19), rng.choice((0, 1, 2, 2**31)), rng.choice(INTEGERS) % 2**32)
    return [*parts[:-1], entry, *parts[-1:]]


def _tiff_loop(_rng: random.Random, parts: Parts) -> Parts:
    """A directory that is its own next one."""
    return [*parts[:-1], struct.pack(_order(parts[0]) + "I", len(parts[0])) + parts[-1][4:]] if parts else parts


def _tiff() -> Format:
    gray = np.arange(600).reshape(20, 30)
    colour = np.stack([gray, gray[::-1], gray // 2], axis=-1)
    text = {270: list(CANARY.encode())}
    seeds = [
        *(image_samples.tiff(gray.astype(kind), extra_tags=text) for kind in ("u1", "u2", "i2", "u4", "f4", "f8")),
        image_samples.tiff(colour.astype("u2"), big_endian=True, deflate=True),
        image_samples.tiff(colour.astype("u1"), separate=True),
        *(_saved("RGB", "TIFF", compression=kind) for kind in ("tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate")),
        _saved("1", "TIFF", compression="group4"),
        _saved("P", "TIFF", save_all=True, append_images=[_picture("P").rotate(4)]),
        _saved("CMYK", "TIFF"),
    ]
    tricks = (_tiff_entry, _tiff_entry, _tiff_new_entry, _tiff_loop)
    return Format("image", ".tiff", seeds, _split_tiff, _join_tiff, tricks)


# DICOM: the elements of the data set; nothing is known of what lies deeper

_LONG = dicom_files.LONG
_VRS = [*sorted(_LONG), *"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()]  # noqa: SIM905
_TAGS = (0x00020010, 0x00080005, 0x00080016, 0x00080060, 0x00100010, 0x00280002, 0x00280004, 0x00280006, 0x00280008,
         0x00280010, 0x00280011, 0x00280034, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280106, 0x00281050,
         0x00281051, 0x00281052, 0x00281053, 0x00281101, 0x00281201, 0x00283000, 0x00283006, 0x00283010, 0x52009229,
         0x52009230, 0x60000010, 0x60003000, 0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00010)  # fmt: skip
_TEXTS = (b"", b"-1", b"0", b"1", b"99999999999", b"1e400", b"NaN", b"-Infinity", b"1\\2\\3", b"../../x", b"\\" * 500,
          b"\x1b[31m", b"<script>", b"ISO 2022 IR 87", b"ISO_IR 192", b"MONOCHROME1",
          b"PALETTE COLOR", b"YBR_FULL_422")  # fmt: skip


def _split_dicom(data: bytes) -> Parts:
    """Cut where an element in explicit VR, little-endian, seems to begin; what is not so is one long part."""
    if data[128:132] != b"DICM":
        return [data]
    parts, at = [data[:132]], 132
    while at + 12 <= len(data) and data[at + 4 : at + 6].decode("latin-1") in _VRS:
        is_long = data[at + 4 : at + 6].decode() in _LONG
        size = struct.unpack_from("<I", data, at + 8)[0] if is_long else struct.unpack_from("<H", data, at + 6)[0]
        end = at + (12 if is_long else 8) + size
        if size == dicom_files.UNDEFINED or end > len(data):
            break
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]


def _dicom_value(rng: random.Random, parts: Parts) -> Parts:
    """An element's value changed, its length right or not."""
    value = rng.choice(_TEXTS) if rng.random() < 0.5 else number_into(rng, bytes(rng.choice((1, 2, 4, 8, 64))))
    length = None if rng.random() < 0.8 else rng.choice((0, 1, 2, 65535))
    return _dicom_put(rng, parts, dicom_files.element(rng.choice(_TAGS), rng.choice(_VRS), value, length=length))


def _dicom_number(rng: random.Random, parts: Parts) -> Parts:
    tag = rng.choice([tag for tag in _TAGS if 0x00280002 <= tag <= 0x00281101])
    return _dicom_put(rng, parts, dicom_files.element(tag, "US", struct.pack("<H", rng.choice(INTEGERS) % 65536)))


def _dicom_put(rng: random.Random, parts: Parts, one: bytes) -> Parts:
    """In place of the element with that tag, where there is one."""
    same = [index for index, part in enumerate(parts) if part[:4] == one[:4]]
    index = same[0] if same else rng.randrange(min(1, len(parts)), len(parts) + 1)
    return [*parts[:index], one, *parts[index + 1 if same else index :]]


def _dicom_nested(rng: random.Random, parts: Parts) -> Parts:
    inner = dicom_files.element(0x00100010, "PN", CANARY.encode() + b" ")
    for _ in range(rng.choice((2, 20, 200, 3000))):
        if rng.random() < 0.5:
            inner = dicom_files.element(0x00081140, "SQ", dicom_files.item(inner))
        else:
            content = dicom_files.open_item(inner) + dicom_files.SEQUENCE_END
            inner = dicom_files.element(0x00081140, "SQ", content, length=dicom_files.UNDEFINED)
    return _dicom_put(rng, parts, inner)


def _dicom_fragments(rng: random.Random, parts: Parts) -> Parts:
    """Pixels in fragments, with an offset table that may lie."""
    table = struct.pack("<2I", 0, rng.choice(INTEGERS) % 2**32) if rng.random() < 0.5 else b""
    items = [dicom_files.item(rng.randbytes(rng.choice((0, 2, 50)))) for _ in range(rng.choice((0, 1, 2, 300)))]
    content = dicom_files.item(table) + b"".join(items) + dicom_files.SEQUENCE_END * rng.choice((0, 1))
    return _dicom_put(rng, parts, dicom_files.element(0x7FE00010, "OB", content, length=dicom_files.UNDEFINED))


def _dicom_deflate_bomb(rng: random.Random, parts: Parts) -> Parts:
    stream = zlib.compressobj(1, wbits=-15)
    held = b"".join(parts[1:]) + dicom_files.element(0x7FE00010, "OW", _ZEROS)
    head = bytes(128) + b"DICM" + dicom_files.meta(dicom_files.DEFLATED)
    return [head + stream.compress(held) + stream.flush(rng.choice((zlib.Z_FINISH, zlib.Z_SYNC_FLUSH)))]


def _dicom() -> Format:
    named = dicom_files.element(0x00100010, "PN", CANARY.encode() + b" ")
    real = [path.read_bytes() for path in dicom_files.real_files() if path.stat().st_size <= _SMALL_BYTES]
    seeds = [dicom_files.part10(dicom_files.SOP_CLASS, named, dicom_files.PIXELS), *real]
    tricks = (_dicom_value, _dicom_value, _dicom_number, _dicom_nested, _dicom_fragments, _dicom_deflate_bomb)
    return Format("dicom", ".dcm", seeds, _split_dicom, b"".join, tricks)


# NIfTI: the fields of the header, each a part


def _split_nifti(data: bytes) -> Parts:
    layout = LAYOUTS["NIfTI-2" if data[:2] in (b"\x1c\2", b"\0\0") and data[:4] != b"\0\0\1\\" else "NIfTI-1"]
    starts = sorted(layout.fields[name][1] for name in layout.names)
    return [data[low:high] for low, high in pairwise([*starts, layout.itemsize, layout.itemsize + 4, len(data)])]


def _nifti_field(rng: random.Random, parts: Parts) -> Parts:
    """One number of a field of the header, its neighbours left."""
    index = rng.randrange(1, max(2, len(parts) - 2))
    return [number_into(rng, part) if place == index else part for place, part in enumerate(parts)]


def _nifti_wild_voxels(rng: random.Random, parts: Parts) -> Parts:
    values = [struct.pack("<f", rng.choice((float("nan"), float("inf"), 3e38, -3e38, 1e-45, 0))) for _ in range(50)]
    return [*parts[:-1], b"".join(values) + parts[-1][200:]] if parts else parts


def _nifti_extension(rng: random.Random, parts: Parts) -> Parts:
    size = rng.choice(INTEGERS) % 2**32
    return [*parts[:-2], b"\1\0\0\0", struct.pack("<II", size, 6) + CANARY.encode() * 4, *parts[-1:]]


def _head(shape: tuple[int, ...]) -> np.ndarray:
    """A run with a ball in it that moves a little, so that there is motion to find."""
    places = np.indices(shape[:3]).T.T - np.reshape(shape[:3], (3, 1, 1, 1)) / 2
    volumes = [np.clip(1500 - 40 * ((places + t / 9) ** 2).sum(axis=0), 20, None) for t in range(shape[3])]
    return np.stack(volumes, axis=-1).astype(np.int16)


def _nifti_seeds() -> list[bytes]:
    told = {"descrip": CANARY.encode(), "aux_file": b"../" + CANARY.encode(), "intent_name": CANARY.encode()}
    run, image = nifti_files.run_array((6, 7, 8, 5)), nifti_files.run_array((9, 8, 7))
    return [
        nifti_files.nifti_bytes(image, **told),
        nifti_files.nifti_bytes(image.astype(np.float32), format="NIfTI-2", **told),
        nifti_files.nifti_bytes(image.astype(np.float64), order=">", scl_slope=2.5, scl_inter=-3),
        nifti_files.nifti_bytes(image.astype(np.uint8), **told),
        nifti_files.nifti_bytes(run, **told),
        nifti_files.nifti_bytes(run.astype(np.float32), order=">", qform_code=1),
        nifti_files.nifti_bytes(_head((14, 15, 12, 6)), affine=np.diag((4, 4, 4, 1))),
    ]


_NIFTI_TRICKS = (_nifti_field, _nifti_field, _nifti_field, _nifti_wild_voxels, _nifti_extension)


def _nifti() -> Format:
    return Format("nifti", ".nii", _nifti_seeds(), _split_nifti, b"".join, _NIFTI_TRICKS)


def _split_gzip(data: bytes) -> Parts:
    return _split_nifti(gzip.decompress(data))


def _join_gzip(parts: Parts) -> bytes:
    """One member for a third of the data each, right checksums."""
    data = b"".join(parts)
    third = len(data) // 3 + 1
    return b"".join(gzip.compress(data[at : at + third], 1, mtime=0) for at in range(0, max(len(data), 1), third))


def _gzip_bomb(rng: random.Random, parts: Parts) -> Parts:
    return [*parts, rng.choice((b"\0", b"\xff")) * rng.choice((10_000, 3_000_000))] if parts else parts


def _nifti_gz() -> Format:
    seeds = [gzip.compress(seed, mtime=0) for seed in _nifti_seeds()]
    return Format("nifti", ".nii.gz", seeds, _split_gzip, _join_gzip, (*_NIFTI_TRICKS, _gzip_bomb))


# JSON: its tokens

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|\s+')
_TOKENS = (b"NaN", b"-Infinity", b"1e999", b"-0", b"1" * 5000, b"0.1e-400", b"null", b"true", b'"\\ud800"',
           b'"\\u0000"', b'"\xff"', b'"<b>"', b'"\\u001b[31m"', b"{", b"}", b"[", b"]", b",", b":", b'"',
           b"\xef\xbb\xbf", b"\0", b'"patient_id"', b'"__proto__"', b'{"patient_id":1}', b"\n", b"//",
           b"'")  # fmt: skip


def _split_json(data: bytes) -> Parts:
    return _TOKEN.findall(data)


def _json_token(rng: random.Random, parts: Parts) -> Parts:
    at = rng.randrange(len(parts) + 1)
    return [*parts[:at], rng.choice(_TOKENS), *parts[at + rng.choice((0, 1)) :]]


def _json_deep(rng: random.Random, parts: Parts) -> Parts:
    at, depth, (opens, closes) = rng.randrange(len(parts) + 1), rng.choice((50, 1_000, 100_000)), rng.choice((
        (b"[", b"]"), (b'{"a":', b"}")))  # fmt: skip
    return [*parts[:at], opens * depth, *parts[at : at + 1], closes * (depth - rng.choice((0, 1))), *parts[at + 1 :]]


def _json_long(rng: random.Random, parts: Parts) -> Parts:
    at = rng.randrange(len(parts) + 1)
    return [
        *parts[:at],
        b'"' + rng.choice((b"x", b"\\n", b"\\u00e9")) * rng.choice((1_000, 500_000)) + b'"',
        *parts[at:],
    ]


def _records() -> list[dict[str, object]]:
    known = [{"patient_id": f"{CANARY}-{number}", "patient_name": f"{CANARY} é"} for number in range(3)]
    odd = {"patient_id": "7", "patient_name": CANARY, CANARY: [1, -2.5e3, None, True, {"a": [CANARY]}]}
    return [*known, odd, {"patient_id": 8}]


def _json() -> Format:
    text = json.dumps(_records(), indent=1).encode()
    seeds = [text, json.dumps(_records()[0]).encode(), b"\xef\xbb\xbf" + text]
    return Format("record", ".json", seeds, _split_json, b"".join, (_json_token, _json_deep, _json_long))


def _json_lines() -> Format:
    seeds = [
        end.join(json.dumps(record, ensure_ascii=False).encode() for record in _records())
        for end in (b"\n", b"\r\n\r\n")
    ]
    return Format("record", ".jsonl", seeds, _split_json, b"".join, (_json_token, _json_deep, _json_long))


def _sidecar() -> Format:
    told = {"RepetitionTime": 2.5, "SliceTiming": [0, 0.5, 1, 1.5], "PhaseEncodingDirection": "j-",
            "TaskName": CANARY, "EchoTime": 0.03, "FlipAngle": 90, "MagneticFieldStrength": 3, "PatientName": CANARY,
            "Manufacturer": CANARY}  # fmt: skip
    tricks = (_json_token, _json_deep, _json_long)
    return Format("nifti", ".nii", [json.dumps(told).encode()], _split_json, b"".join, tricks, _nifti_seeds()[4])


_MAKERS = {
    "BIDS sidecar": _sidecar,
    "BMP": _bmp,
    "DICOM": _dicom,
    "GIF": _gif,
    "JPEG": _jpeg,
    "JSON": _json,
    "JSON Lines": _json_lines,
    "NIfTI": _nifti,
    "NIfTI.gz": _nifti_gz,
    "PNG": _png,
    "TIFF": _tiff,
    "WebP": _webp,
}
FORMATS = tuple(_MAKERS)


@cache
def format_named(name: str) -> Format:
    return _MAKERS[name]()
