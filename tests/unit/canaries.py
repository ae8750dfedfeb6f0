"""Canaries: words of nobody, each planted in one field of one file, and an ear for them in what a pipeline leaves.

nest = Nest()
files = {"scan.png": nest.png()}
...
assert not heard(log_text.encode())
"""

import base64
import binascii
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

import nibabel
import numpy as np
from dicom_objects import ct, dataset, element
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import AppendingTiffWriter, ImageFileDirectory_v2

from scandrop.processors.dicom._dataset import EXPLICIT, File
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._tags import PIXEL_DATA
from scandrop.processors.dicom._write import write

# A word for texts, and a number where only digits can stand. Neither comes about by chance.
_SONG = re.compile(rb"(?i)zqv[0-9]{5}kx|9917[0-9]{5}7199")
_GNOS = re.compile(rb"(?i)xk[0-9]{5}vqz|9917[0-9]{5}7199")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{14,}")
_HEX = re.compile(rb"(?i)(?:[0-9a-f]{2}){10,}")
_DEEP = 4  # a picture in base64, in a page, in an archive

_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "AS", "DA", "DT", "TM"})
_BYTES = frozenset({"OB", "OW", "OB or OW", "UN"})
_SHAPE = {0x00280002: 1, 0x00280010: 16, 0x00280011: 16, 0x00280100: 16, 0x00280101: 16, 0x00280102: 15, 0x00280103: 0}
_SHOWN = {
    0x00080005: "ISO_IR 192",
    0x00080008: "ORIGINAL\\PRIMARY\\AXIAL",
    0x00080060: "CT",
    0x00280004: "MONOCHROME2",
    **{tag: element(tag, number.to_bytes(2, "little"), "US") for tag, number in _SHAPE.items()},
    PIXEL_DATA: element(PIXEL_DATA, bytes(range(256)) * 2, "OW"),
}
# What decides how an object is read, and so must say something true for it to be read at all.
_NEEDED = frozenset({*_SHOWN, 0x00080016, 0x00100020, 0x00280008, 0x00280301, 0x00182010, 0x00480010})
_PRIVATE = {0x00090010: "LO", 0x00091001: "LT", 0x0009100B: "UN", 0x00211001: "PN", 0x7FE10010: "OB"}
_OVERLAY = {0x60000022: "LO", 0x60001500: "LO", 0x60004000: "LT"}


class Nest:
    """Hands out canaries, and remembers each and where it was put."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def word(self, where: str) -> str:
        return self._kept(f"zqv{len(self.planted):05}kx", where)

    def number(self, where: str) -> str:
        return self._kept(f"9917{len(self.planted):05}7199", where)

    def _kept(self, song: str, where: str) -> str:
        self.planted[song] = where
        return song

    def dicom(self, folder) -> bytes:
        """One in each element of text, bytes and UIDs, private ones too, at two depths, and in the preamble.

        The patient's number is in each decimal and integer, whose own numbers may stay: a slice is as thick as it is.
        """
        patient, nested = self.number("DICOM patient's number, and each number"), 0x00081140  # ReferencedImageSequence
        inner = dataset(self._elements("DICOM, nested", patient))
        file = ct({**self._elements("DICOM", patient), **_SHOWN, 0x00100020: patient, nested: [inner]})
        path = folder / "canaries.dcm"
        write(path, File(EXPLICIT, {}, file.dataset))
        raw = path.read_bytes()
        return self.word("DICOM preamble").encode().ljust(128, b"\0") + raw[128:]

    def _elements(self, where: str, patient: str) -> dict:
        return {
            tag: element(
                tag, patient if vr in ("DS", "IS") else self._value(f"{where} {tag:08X}", vr), vr.split(" or ")[-1]
            )
            for tag, vr in {**VR, **_PRIVATE, **_OVERLAY}.items()
            if tag > 0x00040000 and tag not in _NEEDED and (vr in _TEXT | _BYTES or vr in ("DS", "IS", "UI"))
        }

    def _value(self, where: str, vr: str) -> str:
        return f"2.25.{self.number(where)}" if vr == "UI" else self.word(where)

    def nifti(self, frames: int = 1, form: type = nibabel.Nifti1Image) -> bytes:
        """One in each text of the header, in an extension of each kind of text, and behind the voxels."""
        shape = (6, 7, 8, frames) if frames > 1 else (6, 7, 8)
        voxels = np.random.default_rng(0).integers(1, 2000, shape).astype(np.int16)
        image = form(voxels, np.diag([3, 3, 3, 1]))
        image.header.set_xyzt_units("mm", "sec")
        if frames > 1:
            image.header["pixdim"][4] = 2
        for field in {"descrip", "aux_file", "intent_name", "db_name", "data_type"} & set(image.header):
            image.header[field] = self.word(f"NIfTI {field}").encode()[: image.header[field].dtype.itemsize]
        for code, kind in {4: "AFNI", 6: "comment", 18: "workflow", 40: "unknown"}.items():
            text = self.word(f"NIfTI extension, {kind}").encode()
            image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, text))
        return image.to_bytes() + self.word("NIfTI, behind the voxels").encode()

    def zipped(self, body: bytes) -> bytes:
        """By gzip, with one in each text of its header and one behind its end."""
        extra = self.word("gzip extra field").encode()
        texts = b"".join(self.word(f"gzip {what}").encode() + b"\0" for what in ("name", "comment"))
        header = b"\x1f\x8b\x08\x1c" + bytes(6) + (len(extra) + 4).to_bytes(2, "little")
        header += b"zq" + len(extra).to_bytes(2, "little") + extra + texts
        end = zlib.crc32(body).to_bytes(4, "little") + len(body).to_bytes(4, "little")
        return header + zlib.compress(body, wbits=-15) + end

    def sidecar(self) -> bytes:
        """One in each field of persons and devices, in a name of a field, and nested."""
        fields = [
            "PatientName",
            "PatientID",
            "InstitutionName",
            "InstitutionAddress",
            "StationName",
            "DeviceSerialNumber",
        ]
        texts = ["SeriesDescription", "ProtocolName", "TaskName", "TaskDescription", "Instructions", "Manufacturer"]
        inner = {self.word("sidecar, nested name"): [self.word("sidecar, nested value")]}
        told = {field: self.word(f"sidecar {field}") for field in fields + texts}
        return json.dumps({"RepetitionTime": 2.0, **told, self.word("sidecar, unknown field"): inner}).encode()

    def images(self) -> dict[str, bytes]:
        """One in each place for text of each format, and behind the last byte that is read."""
        frames = {"save_all": True, "append_images": [_photo().rotate(20)], "duration": 50}
        made = {
            "jpg": _encoded("JPEG", comment=self.word("JPEG comment"), xmp=self._xmp("JPEG"), **self._common("JPEG")),
            "png": _encoded("PNG", pnginfo=self._png_texts(), **self._common("PNG")),
            "gif": self._with_blocks(_encoded("GIF", comment=self.word("GIF comment"), **frames)),
            "tif": _encoded("TIFF", tiffinfo=self._tiff_tags("TIFF"), icc_profile=self._profile("TIFF")),
            "tiff": self._pages(),
            "bmp": self._with_gap(_encoded("BMP")),
            "webp": _encoded("WEBP", xmp=self._xmp("WebP"), **self._common("WebP")),
        }
        iptc = b"Photoshop 3.0\0" + self.word("JPEG IPTC").encode()
        made["jpg"] = made["jpg"][:2] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2) + iptc + made["jpg"][2:]
        return {suffix: body + self.word(f"{suffix}, behind its end").encode() for suffix, body in made.items()}

    def _common(self, kind: str) -> dict:
        tags = Image.Exif()
        for tag in (0x010E, 0x013B, 0x8298, 0x010F, 0x0110):
            tags[tag] = self.word(f"{kind} EXIF {tag:04X}")
        tags.get_ifd(0x8769)[0x9286] = self.word(f"{kind} EXIF user comment").encode()
        tags.get_ifd(0x8825)[0x001D] = self.word(f"{kind} EXIF GPS date")
        return {"exif": tags, "icc_profile": self._profile(kind)}

    def _profile(self, kind: str) -> bytes:
        data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        text = self.word(f"{kind} colour profile").encode("utf-16-be")
        at = data.index("sRGB".encode("utf-16-be"))
        return data[:at] + text + data[at + len(text) :]

    def _xmp(self, kind: str) -> bytes:
        return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{self.word(f'{kind} XMP')}</x:xmpmeta>".encode()

    def _png_texts(self) -> PngImagePlugin.PngInfo:
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Name", self.word("PNG tEXt"))
        texts.add_text("Zipped", self.word("PNG zTXt"), zip=True)
        texts.add_itxt(self.word("PNG iTXt keyword"), self.word("PNG iTXt"), zip=True)
        texts.add(b"quQz", self.word("PNG private chunk").encode())
        return texts

    def _with_blocks(self, gif: bytes) -> bytes:
        """Two of applications and a text block, behind the palette."""
        start = 13 + (3 << (gif[10] % 8 + 1) if gif[10] & 0x80 else 0)
        kinds = {
            "private": b"\xff\x0bSCANDROP1.0",
            "XMP": b"\xff\x0bXMP DataXMP",
            "plain text": b"\x01\x0c" + bytes(12),
        }
        texts = {kind: self.word(f"GIF block, {kind}").encode() for kind in kinds}
        blocks = [b"!" + kinds[kind] + bytes([len(text)]) + text + b"\0" for kind, text in texts.items()]
        return gif[:start] + b"".join(blocks) + gif[start:]

    def _with_gap(self, bmp: bytes) -> bytes:
        """One between header and pixels."""
        start, text = int.from_bytes(bmp[10:14], "little"), self.word("BMP gap").encode()
        return bmp[:10] + (start + len(text)).to_bytes(4, "little") + bmp[14:start] + text + bmp[start:]

    def _pages(self) -> bytes:
        """Two pages, each with tags of its own."""
        stream = io.BytesIO()
        with AppendingTiffWriter(stream, new=True) as pages:
            for page in (1, 2):
                _photo().save(pages, "TIFF", tiffinfo=self._tiff_tags(f"TIFF page {page}"))
                pages.newFrame()
        return stream.getvalue()

    def _tiff_tags(self, where: str) -> ImageFileDirectory_v2:
        tags = ImageFileDirectory_v2()
        for tag in (269, 270, 271, 272, 285, 305, 315, 316, 33432):
            tags[tag] = self.word(f"{where} tag {tag}")
        tags[700] = self._xmp(where)
        return tags

    def records(self) -> bytes:
        return json.dumps(self._records("record")).encode()

    def lines(self) -> bytes:
        """The same as JSON Lines, and one that is no JSON."""
        lines = [json.dumps(record) for record in self._records("line")]
        return "\n".join([*lines, f"{{{self.word('line, no JSON')}"]).encode()

    def _records(self, where: str) -> list:
        """Good records with fields that nobody asked for, by name and value; and faulty ones with one in each value."""
        good = {"patient_id": "A1", "patient_name": "none", "note": self.word(f"{where}, further field")}
        faulty = [
            {
                "patient_id": [self.word(f"{where}, id that is a list")],
                "patient_name": self.word(f"{where}, name of a bad id"),
            },
            {"patient_name": self.word(f"{where} without an id")},
            self.word(f"{where} that is a text"),
            {self.word(f"{where} with unknown fields alone"): self.word(f"{where}, value of an unknown field")},
        ]
        return [{**good, self.word(f"{where}, unknown field"): {"deep": [self.word(f"{where}, nested")]}}, *faulty]

    def asked_for(self) -> bytes:
        """A record whose canaries are in the very fields that the environment extracts."""
        told = {"patient_id": self.word("record patient_id"), "patient_name": self.word("record patient_name")}
        return json.dumps([told]).encode()

    def bad(self, folder) -> dict[str, bytes]:
        """Files that are refused, by the last part of their key."""
        name = self.word("broken file").encode()
        return {
            "cut.dcm": self.dicom(folder)[:-300],
            "text.dcm": name,
            "cut.nii": self.nifti()[:380],
            "cut.png": self.images()["png"][:-400],
            "text.jpg": name,
            "broken.json": b'[{"patient_id": "' + self.word("broken record").encode(),
            "latin1.json": b'[{"patient_id": "\xe9 ' + self.word("record in latin-1").encode() + b'"}]',
            "archive.zip": b"PK\x03\x04" + name,
            "no-suffix": b"%PDF-1.7 " + self.word("PDF").encode(),
        }


def heard(raw: bytes) -> set[str]:
    """The canaries in `raw`: as they are, in any case, reversed, escaped, in UTF-16, base64 or hex, or compressed."""
    return {song.decode().lower() for layer in _layers(raw, _DEEP) for song in _songs(layer)}


def _songs(raw: bytes) -> Iterator[bytes]:
    yield from _SONG.findall(raw)
    yield from (found[::-1] for found in _GNOS.findall(raw) if found[:1] in b"xX")


def _layers(raw: bytes, deep: int) -> Iterator[bytes]:
    yield raw
    yield raw.replace(b"\0", b"")  # UTF-16 and UTF-32
    yield unquote_to_bytes(raw)
    yield re.sub(
        rb"\\u00([0-9a-fA-F]{2})|&#x([0-9a-fA-F]{2});", lambda it: bytes.fromhex((it[1] or it[2]).decode()), raw
    )
    for inner in _inner(raw) if deep else ():
        yield from _layers(inner, deep - 1)


def _inner(raw: bytes) -> Iterator[bytes]:
    if raw.startswith(b"\x1f\x8b"):
        with suppress(zlib.error):  # two bytes may begin so by chance
            yield zlib.decompressobj(wbits=31).decompress(raw)  # as much as there is: bytes may follow, or lack
    elif raw.startswith(b"PK\x03\x04"):
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(raw)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif raw.startswith(b"\x89PNG"):
        yield from _png_streams(raw)
    elif not raw.startswith((b"RIFF", b"\xff\xd8")):
        yield from _encodings(raw)


def _encodings(raw: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(raw):
        plain = run.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            whole = plain[start : start + (len(plain) - start) // 4 * 4]
            yield base64.b64decode(whole)
    for run in _HEX.findall(raw):
        yield binascii.unhexlify(run)


def _png_streams(raw: bytes) -> Iterator[bytes]:
    """What each kind of chunk has compressed, wherever in the chunk it begins."""
    at, kinds = 8, {}
    while at + 8 <= len(raw):
        length, kind = int.from_bytes(raw[at : at + 4]), raw[at + 4 : at + 8]
        kinds[kind] = kinds.get(kind, b"") + raw[at + 8 : at + 8 + length]
        at += 12 + length
    for body in kinds.values():
        start = body.find(b"x")  # the first byte of every zlib stream
        while 0 <= start < 200:
            try:
                yield zlib.decompressobj().decompress(body[start:])
                break
            except zlib.error:
                start = body.find(b"x", start + 1)


def _photo() -> Image.Image:
    return Image.merge("RGB", [Image.linear_gradient(mode).resize((120, 80)) for mode in "LLL"])


def _encoded(kind: str, **options) -> bytes:
    stream = io.BytesIO()
    _photo().save(stream, kind, **options)
    return stream.getvalue()
