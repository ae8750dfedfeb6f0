import json

import numpy as np
import pydicom
import pytest
from dicom_pixels import BIG_ENDIAN, IMPLICIT, made, real, reference
from dicom_shown import file_of, pixels_of, real_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended, generate_frames

from scandrop.errors import Failed, Rejected
from scandrop.processors.dicom._burned_in import Risk
from scandrop.processors.dicom._dataset import Element, File
from scandrop.processors.dicom._mask import masked
from scandrop.processors.dicom._mask_rules import Rule, rule_for, rules_of
from scandrop.processors.dicom._write import write
from tools.common import ROOT

POSSIBLE = Risk("possible", ("modality",))
OVERLAY = Risk("possible", ("embedded_overlay",))
SCANNER = {"Manufacturer": "Example Medical", "ManufacturerModelName": "Sonoview 3", "Modality": "US"}
REGIONS = ((3, 2, 5, 4), (14, 9, 2, 3))  # x, y, width, height in 12 x 16
RANDOM = np.random.default_rng(7)


def rule(rows: int = 12, columns: int = 16, regions=REGIONS) -> Rule:
    return Rule("EXAMPLE medical", "sonoview 3", "US", rows, columns, regions)


def within(rows: int = 12, columns: int = 16, regions=REGIONS) -> np.ndarray:
    inside = np.zeros((rows, columns), bool)
    for x, y, width, height in regions:
        inside[y : y + height, x : x + width] = True
    return inside


@pytest.fixture
def mask(tmp_path):
    """Masks an object, and reads what is written of it with pydicom."""

    def make(source: Dataset | File, risk: Risk = POSSIBLE, rules: tuple[Rule, ...] = (rule(),)) -> Dataset:
        file = source if isinstance(source, File) else file_of(source)
        clean = masked(file, pixels_of(file), risk, rules, tmp_path)
        write(tmp_path / "masked.dcm", clean)
        return pydicom.dcmread(tmp_path / "masked.dcm")

    return make


@pytest.mark.parametrize("syntax", [IMPLICIT, pydicom.uid.ExplicitVRLittleEndian, BIG_ENDIAN])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32])
def test_regions_are_filled_on_all_frames_and_nothing_else_changes(mask, syntax, dtype):
    values = RANDOM.integers(50, 120, (3, 12, 16)).astype(dtype)
    values[:, 0, 0] = [7, 8, 9]  # what is darkest in each frame
    found = mask(made(values, syntax, **SCANNER))
    expected = values.copy()
    for frame in expected:
        frame[within()] = frame.min()
    assert found.file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal([reference(found, index) for index in range(3)], expected)


def test_the_darkest_of_an_inverted_image_is_its_highest_value(mask):
    values = RANDOM.integers(50, 120, (12, 16)).astype(np.uint16)
    found = mask(made(values, **SCANNER, PhotometricInterpretation="MONOCHROME1"))
    assert (reference(found, 0)[within()] == values.max()).all()


def test_padding_is_filled_in_where_there_is_any(mask):
    found = mask(made(RANDOM.integers(50, 120, (12, 16)).astype(np.int16), **SCANNER, PixelPaddingValue=-2000))
    assert (reference(found, 0)[within()] == -2000).all()


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_is_filled_with_black_in_either_configuration(mask, planar):
    values = RANDOM.integers(50, 120, (2, 12, 16, 3)).astype(np.uint8)
    stored = np.moveaxis(values, 3, 1) if planar else values
    ds = made(values, **SCANNER, PlanarConfiguration=planar, PixelData=stored.tobytes())
    found = mask(ds)
    expected = np.where(within()[..., None], 0, values)
    assert found.PlanarConfiguration == planar
    np.testing.assert_array_equal([reference(found, index) for index in range(2)], expected)


def test_luma_and_colour_are_filled_with_black_too(mask):
    values = RANDOM.integers(50, 120, (12, 16, 3)).astype(np.uint8)
    found = mask(made(values, **SCANNER, PhotometricInterpretation="YBR_FULL"))
    kept = np.frombuffer(found.PixelData, np.uint8).reshape(12, 16, 3)
    assert found.PhotometricInterpretation == "YBR_FULL"
    np.testing.assert_array_equal(kept[~within()], values[~within()])
    assert (kept[within()] == [0, 128, 128]).all()


def test_a_palette_is_filled_with_its_darkest_colour(mask):
    values = RANDOM.integers(0, 4, (12, 16)).astype(np.uint8)
    ds = made(values, **SCANNER, PhotometricInterpretation="PALETTE COLOR")
    for colour, entries in (("Red", [90, 80, 1, 70]), ("Green", [9, 80, 2, 70]), ("Blue", [9, 80, 3, 70])):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", (np.array(entries, "<u2") * 257).tobytes())
    found = mask(ds)
    kept = np.frombuffer(found.PixelData, np.uint8).reshape(12, 16)
    np.testing.assert_array_equal(kept, np.where(within(), 2, values))


def test_subsampled_colour_is_written_as_rgb(mask):
    stored = RANDOM.integers(50, 120, 12 * 16 * 2).astype(np.uint8)
    like = np.zeros((12, 16, 3), np.uint8)
    ds = made(like, **SCANNER, PhotometricInterpretation="YBR_FULL_422", PixelData=stored.tobytes())
    before = pixels_of(file_of(ds)).frame(0).values
    found = mask(ds)
    assert (found.PhotometricInterpretation, found.PlanarConfiguration) == ("RGB", 0)
    np.testing.assert_array_equal(reference(found, 0), np.where(within()[..., None], 0, before))


def test_bits_stored_at_the_top_of_their_container_are_filled_there(mask):
    values = RANDOM.integers(50, 120, (12, 16)).astype(np.uint16)
    found = mask(made(values << 4, **SCANNER, BitsStored=12, HighBit=15))
    kept = np.frombuffer(found.PixelData, "<u2").reshape(12, 16)
    np.testing.assert_array_equal(kept, np.where(within(), values.min(), values) << 4)


@pytest.mark.parametrize("risk", [OVERLAY, Risk("possible", ("embedded_overlay", "modality"))])
def test_bits_beside_the_stored_ones_are_cleared_on_all_frames(mask, risk):
    values = RANDOM.integers(50, 120, (2, 12, 16)).astype(np.uint16)
    rules = () if risk is OVERLAY else (rule(),)
    found = mask(made(values | 0x8000, **SCANNER, BitsStored=12, HighBit=11), risk, rules)
    inside = within() & bool(rules)
    expected = [np.where(inside, frame.min(), frame) for frame in values]
    np.testing.assert_array_equal(np.frombuffer(found.PixelData, "<u2").reshape(2, 12, 16), expected)


@pytest.mark.parametrize(
    ("name", "photometric", "lossy"),
    [
        ("color3d_jpeg_baseline.dcm", "RGB", "01"),
        ("US1_J2KR.dcm", "RGB", "00"),
        ("OBXXXX1A_rle_2frame.dcm", "RGB", "00"),
        ("emri_small_jpeg_ls_lossless.dcm", "MONOCHROME2", "00"),
        ("MR_small_RLE.dcm", "MONOCHROME2", None),
    ],
)
def test_compressed_frames_are_written_uncompressed(mask, name, photometric, lossy):
    file = real_file(name)
    pixels = pixels_of(file)
    rows, columns = pixels.layout.rows, pixels.layout.columns
    regions = ((3, 1, 20, 9),)
    own = Rule("a", "b", "", rows, columns, regions)
    for tag, value in ((0x00080070, b"A "), (0x00081090, b"B ")):
        file.dataset[tag] = Element(tag, "LO", value)
    found = mask(file, rules=(own,))
    assert found.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert (found.PhotometricInterpretation, found.get("LossyImageCompression")) == (photometric, lossy)
    assert not any("Palette" in element.keyword for element in found)
    last = pixels.frames - 1
    before, after = pixels.frame(last).values, reference(found, last)
    inside = within(rows, columns, regions)
    np.testing.assert_array_equal(after[~inside], before[~inside])
    assert len(np.unique(after[inside])) == 1


def test_offsets_of_compressed_frames_are_not_passed_on(mask):
    ds = real("MR_small_RLE.dcm")
    frames = list(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    ds["PixelData"].VR, ds.Manufacturer, ds.ManufacturerModelName = "OB", "a", "b"
    found = mask(ds, rules=(Rule("a", "b", "", 64, 64, ((3, 2, 5, 4),)),))
    assert [element.keyword for element in found.group_dataset(0x7FE0)] == ["PixelData"]


def test_what_lies_behind_the_frames_is_not_passed_on(mask):
    values = RANDOM.integers(50, 120, (12, 16)).astype(np.uint8)
    found = mask(made(values, **SCANNER, PixelData=values.tobytes() + b"NAME OF A PATIENT "))
    assert len(found.PixelData) == 12 * 16


def test_an_odd_number_of_bytes_is_made_even(mask):
    values = RANDOM.integers(50, 120, (11, 15)).astype(np.uint8)
    found = mask(made(values, **SCANNER), rules=(rule(11, 15, ((0, 0, 4, 2),)),))
    assert len(found.PixelData) == 166


def test_the_input_stays_as_it_was(mask):
    file = file_of(made(RANDOM.integers(50, 120, (12, 16)).astype(np.uint16), **SCANNER))
    before = bytes(file.dataset[0x7FE00010].value)
    mask(file)
    assert bytes(file.dataset[0x7FE00010].value) == before


@pytest.mark.parametrize(
    "changed",
    [{"Rows": 11}, {"Columns": 8}, {"Manufacturer": "Other"}, {"ManufacturerModelName": None}, {"Modality": "CT"}],
)
def test_an_object_that_no_rule_is_for_is_rejected(mask, changed):
    with pytest.raises(Rejected) as caught:
        mask(made(RANDOM.integers(50, 120, (12, 16)).astype(np.uint16), **(SCANNER | changed)))
    assert (caught.value.code, caught.value.facts) == ("dicom_no_mask_rule", {"reasons": "modality", "rules": 1})


@pytest.mark.parametrize("bits", [1, 32])
def test_pixels_of_a_kind_that_is_not_filled_are_rejected(mask, bits):
    if bits == 1:
        ds = made(
            np.zeros((12, 16), np.uint8), **SCANNER, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=bytes(24)
        )
    else:
        ds = made(np.zeros((12, 16), np.uint32), **SCANNER, FloatPixelData=bytes(4 * 12 * 16))
        del ds.PixelData
    with pytest.raises(Rejected) as caught:
        mask(ds)
    assert (caught.value.code, caught.value.facts) == ("dicom_mask_unsupported", {"bits": bits})


def test_a_rule_without_a_modality_is_for_any():
    entry = {"manufacturer": "a", "model": "b", "rows": 12, "columns": 16, "regions": [[0, 0, 16, 2]]}
    rules = rules_of(json.dumps([entry]).encode())
    ds = made(np.zeros((12, 16), np.uint8), Manufacturer="A ", ManufacturerModelName="B", Modality="OT")
    assert rule_for(file_of(ds), rules) == Rule("a", "b", "", 12, 16, ((0, 0, 16, 2),))


def test_the_example_is_a_file_of_rules():
    rules = rules_of((ROOT / "env" / "mask_rules.example.json").read_bytes())
    assert [rule.modality for rule in rules] == ["US", ""]
    assert rules[0].regions == ((0, 0, 640, 48), (512, 432, 128, 48))


GOOD = {"manufacturer": "a", "model": "b", "modality": "US", "rows": 12, "columns": 16, "regions": [[0, 0, 16, 2]]}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (["a"], "fields"),
        (GOOD | {"colour": 1}, "fields"),
        (GOOD | {"manufacturer": " "}, "manufacturer"),
        (GOOD | {"model": 3}, "model"),
        (GOOD | {"modality": None}, "modality"),
        (GOOD | {"rows": 0}, "rows"),
        (GOOD | {"columns": True}, "columns"),
        (GOOD | {"regions": []}, "regions"),
        (GOOD | {"regions": [[0, 0, 16]]}, "regions"),
        (GOOD | {"regions": [[0, 0, 17, 2]]}, "regions"),
        (GOOD | {"regions": [[0, 11, 4, 2]]}, "regions"),
        (GOOD | {"regions": [[-1, 0, 4, 2]]}, "regions"),
        (GOOD | {"regions": [[0, 0, 4, 0]]}, "regions"),
        (GOOD | {"regions": [[0, 0, 4.0, 2]]}, "regions"),
    ],
)
def test_a_rule_that_is_wrong_is_named_by_its_number_and_field(entry, field):
    with pytest.raises(Failed) as caught:
        rules_of(json.dumps([GOOD, entry]).encode())
    assert (caught.value.code, caught.value.facts) == ("mask_rules_unusable", {"rule": 2, "field": field})


@pytest.mark.parametrize(
    ("content", "field"), [(b"{", "JSON"), (b"\xff", "JSON"), (b"[" * 100_000, "JSON"), (b"{}", "list")]
)
def test_a_file_that_is_no_list_of_rules_is_refused(content, field):
    with pytest.raises(Failed) as caught:
        rules_of(content)
    assert caught.value.facts == {"rule": 0, "field": field}
