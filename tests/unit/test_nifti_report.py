import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import nibabel
import numpy as np
import pytest
from PIL import Image
from report_findings import AFFINE, SHAPE, findings
from scipy import signal, stats

from scandrop.processors.nifti._report import render
from scandrop.processors.nifti._report._carpet import standardised
from scandrop.processors.nifti._report._colour import DIVERGING, SHADES, VIRIDIS
from scandrop.processors.nifti._report._mosaic import Slices, outline
from scandrop.processors.nifti._report._numbers import number, ticks
from scandrop.processors.nifti._report._png import png
from scandrop.processors.nifti._report._traces import path

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(("shape", "mode"), [((7, 9), "L"), ((7, 9, 3), "RGB"), ((7, 9, 4), "RGBA")])
def test_a_png_decodes_to_the_pixels_it_was_made_of(shape, mode):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    image = Image.open(io.BytesIO(png(pixels)))
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("samples", [3, 4])
def test_a_palette_png_shows_the_colours_of_its_entries(samples):
    rng = np.random.default_rng(2)
    entries, palette = rng.integers(0, 11, (7, 9), np.uint8), rng.integers(0, 256, (11, samples), np.uint8)
    image = Image.open(io.BytesIO(png(entries, palette)))
    assert image.mode == "P"
    np.testing.assert_array_equal(np.asarray(image.convert("RGBA"))[..., :samples], palette[entries])


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((0, 9), np.uint8), np.zeros((7, 9), np.float32), np.zeros((7, 9, 2), np.uint8), np.zeros(9, np.uint8)],
    ids=["empty", "not bytes", "two layers", "one row"],
)
def test_pixels_that_a_png_cannot_hold_are_a_value_error(pixels):
    with pytest.raises(ValueError, match="pixels must be uint8"):
        png(pixels)


class Page(HTMLParser):
    """A page as its elements: (name, attributes) in their order, and its text without the style."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self._open = [], "", []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data + " "

    def all(self, name, **wanted):
        found = [attributes for tag, attributes in self.elements if tag == name]
        return [each for each in found if all(each.get(key) == value for key, value in wanted.items())]

    def picture(self, alt):
        (image,) = [each for each in self.all("img") if alt in each["alt"]]
        return Image.open(io.BytesIO(base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))))


def rendered(**changes):
    return Page(render(findings(**changes)))


SECTIONS = (
    *("warnings", "time", "volumes", "mean", "tsnr", "correction"),
    *("connectivity", "numbers", "provenance", "references"),
)


def test_the_report_has_every_section_and_the_navigation_leads_to_each():
    page = rendered()
    sections = [each["id"] for each in page.all("section")]
    assert sections == list(SECTIONS)
    assert [each["href"] for each in page.all("a") if each["href"].startswith("#")][1:] == [f"#{s}" for s in sections]


def test_the_report_asks_for_nothing_outside_itself():
    page = rendered()
    assert not page.all("link")
    assert all(each["src"].startswith("data:image/png;base64,") for each in page.all("img"))
    assert not re.search(r"url\(|@import|http-equiv=\"refresh\"", render(findings()))


def test_nothing_runs_in_the_report_but_what_tells_its_height():
    (script,) = re.findall(r"<script>(.*?)</script>", render(findings()), re.DOTALL)
    (policy,) = rendered().all("meta", **{"http-equiv": "Content-Security-Policy"})
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["content"].endswith(f"script-src 'sha256-{digest}'")
    assert script.startswith("if (parent !== window)")


def test_the_same_findings_give_the_same_bytes():
    assert render(findings()) == render(findings())


HOSTILE = "<script>alert('x')</script>&\"'"


def test_no_text_of_the_findings_becomes_markup():
    page = rendered(
        prefix=HOSTILE,
        judged=[("warn", HOSTILE)],
        warnings=[HOSTILE],
        region_names=[HOSTILE] * 5,
        metrics={HOSTILE: 1.0},
        definitions={HOSTILE: (HOSTILE, HOSTILE)},
        provenance={HOSTILE: {HOSTILE: HOSTILE, "list": [HOSTILE]}},
    )
    assert page.all("script") == [{}]
    assert page.text.count(HOSTILE) == 17


def test_what_is_not_known_is_written_as_not_available():
    nan = float("nan")
    page = rendered(tr_s=None, metrics={"fd_mean": nan, "kept_percent": None, "tsnr": float("inf"), "fd_num": 3})
    shown = dict(re.findall(r"(Mean framewise displacement|Steady volumes, no outliers|Duration) +(\S+)", page.text))
    assert set(shown.values()) == {"n/a"}
    assert len(shown) == 3
    assert not re.search(r"\b(nan|inf|None)\b", page.text, re.IGNORECASE)


NAN = np.full(60, np.nan)
UNDETERMINED = {"parameters": np.full((60, 6), np.nan), "framewise_displacement": NAN, "rmsd": NAN}
ODD = {
    "two volumes": {"volumes": 2, "non_steady": [], "outliers": []},
    "all volumes outliers": {"outliers": range(60)},
    "all volumes before steady state": {"non_steady": range(60)},
    "no course known": dict.fromkeys(["framewise_displacement", "rmsd", "dvars", "std_dvars", "global_signal"], NAN),
    "a global signal of zero": {"global_signal": np.zeros(60)},
    "no motion": {"parameters": np.zeros((60, 6))},
    "motion that could not be determined": UNDETERMINED,
    "no repetition time": {"tr_s": None},
    "one region": {"regions": 1},
    "no correlation": {"connectivity": np.full((5, 5), np.nan)},
    "no connectivity": {"connectivity": None, "region_names": (), "carpet_regions": None},
    "a still run": {"tsnr": np.zeros(SHAPE, np.float32), "tsnr_before": np.zeros(SHAPE, np.float32)},
    "an empty mask": {"brain": np.zeros(SHAPE, np.bool_)},
    "one voxel": {"brain": np.arange(17 * 18 * 9).reshape(SHAPE) == 700},
    "a black image": {"mean": np.zeros(SHAPE, np.float32), "mean_before": np.zeros(SHAPE, np.float32)},
    "a dead voxel": {"carpet": np.ones((40, 60), np.float32)},
    "no voxel": {"carpet": np.zeros((0, 60), np.float32), "carpet_regions": None},
    "huge motion": {"parameters": np.full((60, 6), 1e6), "framewise_displacement": np.full(60, 1e9)},
    "no metric": {"metrics": {}, "provenance": {}, "judged": [], "warnings": []},
    "not finite": {
        "mean": np.full(SHAPE, np.nan, np.float32),
        "tsnr": np.full(SHAPE, np.inf, np.float32),
        "carpet": np.full((40, 60), np.nan, np.float32),
    },
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_an_odd_run_has_a_report_without_a_number_that_is_none(changes):
    page = rendered(**changes)
    assert len(page.all("h1")) == 1
    told = page.text + " ".join(str(value) for _, attributes in page.elements for value in attributes.values())
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"base64,\S+", "", told), re.IGNORECASE)
    for image in page.all("img"):
        Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))).load()


def test_slices_are_turned_so_that_left_is_left_and_the_front_is_up():
    """The brightest corner is put where the affine says left, front, up; nibabel says where that is in the array."""
    mean = np.full(SHAPE, 100, np.float32)
    marked = nibabel.affines.apply_affine(np.linalg.inv(AFFINE), [AFFINE[0, 3] - 3 * 17, 30, 12])  # x least, y greatest
    mean[tuple(np.rint(marked).astype(int))] = 1000
    everywhere = np.ones(SHAPE, np.bool_)
    pixels = Slices(AFFINE, everywhere, columns=9, rows=1).laid_out(mean)
    assert pixels.shape == (17, 9 * 18)
    assert np.argwhere(pixels == 1000).tolist() == [[0, 8 * 18]]  # the top left of the slice at z = 12


def test_slices_keep_their_proportions_in_millimetres_and_say_their_height():
    slices = Slices(AFFINE, np.ones(SHAPE, np.bool_), columns=3, rows=1)
    assert slices.tile_mm == (18 * 3.0, 17 * 3.5)
    assert slices.heights_mm == [-16, -4, 8]
    assert f"from z = {MINUS}16 mm (top left) to 8 mm, 12 mm apart" in slices.words()


def test_the_outline_encloses_exactly_the_mask():
    mask = np.random.default_rng(3).random((7, 9)) < 0.5
    d = re.search(r' d="([^"]*)"', outline(mask)).group(1)
    for along, axis in (("v", 1), ("h", 0)):  # whoever crosses an odd number of edges on the way is inside
        inside = np.zeros((7, 9), np.bool_)
        for column, row, length in re.findall(rf"M(\d+) (\d+){along}(\d+)", d):
            c, r, n = int(column), int(row), int(length)
            inside[(slice(r, r + n), slice(c, None)) if axis else (slice(r, None), slice(c, c + n))] ^= True
        np.testing.assert_array_equal(inside, mask)


def points(d):
    return [(move, float(x), float(y)) for move, x, y in re.findall(r"([ML])(\S+) ([\d.-]+)", d)]


def test_a_course_is_drawn_to_scale_with_gaps_where_it_is_not_known():
    d = path(np.array([np.nan, 0.0, 1.0, np.nan, 2.0]), 0.0, 2.0)
    assert points(d) == [("M", 300, 100), ("L", 500, 50), ("M", 850, 0)]
    assert d.endswith("h100.0")  # a point on its own is a dash of half a volume about its place


def test_a_long_course_keeps_its_spikes_and_few_points():
    values = np.zeros(5000)
    values[[17, 3210]] = 5, -5
    drawn = points(path(values, -5.0, 5.0))
    assert len(drawn) <= 1300
    assert {y for _, _, y in drawn} == {0, 50, 100}


def test_outliers_are_marked_where_they_are():
    page = rendered(outliers=[10, 11, 40])
    bands = {each["d"] for each in page.all("path", **{"class": "out"})}
    assert bands == {"M166.7 0H200.0V100H166.7zM666.7 0H683.3V100H666.7z"}
    assert "10\N{EN DASH}11, 40" in page.text


def drawings(page):
    return [each["aria-label"].partition(" (")[0] for each in page.all("svg", role="img") if "aria-label" in each]


def test_motion_that_could_not_be_determined_is_neither_drawn_nor_compared():
    known, unknown = rendered(), rendered(**UNDETERMINED)
    motion = {"Translation", "Rotation", "Framewise displacement"}
    assert motion < set(drawings(known))
    assert not motion & set(drawings(unknown))
    assert "could not be determined" not in known.text
    assert "There is nothing to compare: the motion could not be determined" in unknown.text
    assert known.picture("change in percent")
    assert not [each for each in unknown.all("img") if "change in percent" in each["alt"]]
    assert "Mean of the corrected run." in known.text
    assert "Mean of the run as it was read." in unknown.text
    assert not [each for each in unknown.all("img") if "corrected" in each["alt"]]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["parameters"], "Translations and rotations are"),
        (["framewise_displacement", "rmsd"], "Dashed lines: framewise displacement of 0.2 and 0.5 mm"),
        (["std_dvars"], "Dashed line: std_dvars of 1.5. One unit of std_dvars is a DVARS of 20 "),
        (["framewise_displacement", "rmsd", "std_dvars"], "with a dot on the line"),
    ],
)
def test_the_caption_speaks_only_of_what_is_drawn(missing, words):
    unknown = {name: UNDETERMINED.get(name, NAN) for name in missing}
    assert words in rendered().text
    assert words not in rendered(**unknown).text


def test_the_numbers_of_outliers_and_of_other_volumes_add_up():
    page = rendered(non_steady=[0, 1, 2], outliers=[1, 2, 10, 11, 40])
    assert "5 of 60 volumes, 2 of them before steady state." in page.text
    assert "Of the 57 steady volumes 54 are no outliers." in page.text


def test_nothing_is_called_scrubbed_or_kept_that_stays_in_the_run():
    page = rendered()
    assert "Outliers (1), flagged" in page.text
    assert "All stay in the corrected run" in page.text
    assert not re.search("scrubb|[^_]kept[^_;]", page.text.partition("Numbers")[0], re.IGNORECASE)


def test_how_many_are_no_outliers_is_not_said_where_the_motion_is_unknown():
    assert "steady volumes" in rendered().text
    assert "are no outliers" not in rendered(**UNDETERMINED).text


def test_what_passed_is_marked_apart_from_what_did_not():
    page = rendered()
    (against,), (passed,) = page.all("li", **{"class": "against"}), page.all("li", **{"class": "for"})
    assert against != passed
    assert "!  Mean framewise displacement is 0.25 mm" in page.text
    assert "✓  Median tSNR is 60" in page.text


def test_the_caption_of_the_matrix_says_what_was_correlated():
    assert "Volumes: 60, outliers among them: 1. 5 regions" in rendered().text


def test_the_carpet_is_in_the_order_of_the_regions_and_within_two_standard_deviations():
    rng = np.random.default_rng(5)
    series, regions = rng.normal(1000, 20, (30, 60)).astype(np.float32), np.arange(30) % 3
    series += np.linspace(0, 300, 60, dtype=np.float32)  # a trend that must go
    page = rendered(carpet=series, carpet_regions=regions, non_steady=[])
    picture = page.picture("Carpet")
    z = stats.zscore(signal.detrend(series.astype(np.float64)), axis=1)[np.argsort(regions, kind="stable")]
    assert picture.size == (600, 30)  # each volume is ten columns wide
    shown = np.asarray(picture.convert("L"), float)[:, 4::10] / 255 * 4 - 2
    np.testing.assert_allclose(shown, z.clip(-2, 2), atol=4 / 47 / 2 + 0.02)


def test_volumes_before_steady_state_do_not_wash_out_the_carpet():
    series = np.random.default_rng(6).normal(1000, 20, (30, 60)).astype(np.float32)
    plain = standardised(series, np.arange(60) > 0)
    series[:, 0] *= 30
    np.testing.assert_array_equal(standardised(series, np.arange(60) > 0)[:, 1:], plain[:, 1:])


def test_the_connectivity_matrix_shows_each_correlation_in_its_place():
    matrix = np.array([[1.0, 0.5, -1.0], [0.5, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    picture = rendered(regions=3, connectivity=matrix).picture("Matrix").convert("RGB")
    colour = {value: picture.getpixel((x, y)) for (y, x), value in np.ndenumerate(matrix)}
    assert picture.getpixel((2, 0)) == picture.getpixel((0, 2)) == colour[-1.0]
    (red, _, blue), (cold_red, _, cold_blue) = colour[1.0], colour[-1.0]
    assert red > blue
    assert cold_blue > cold_red
    assert min(colour[0.0]) > 235


@pytest.mark.parametrize("table", [VIRIDIS, DIVERGING], ids=["viridis", "diverging"])
def test_colours_change_their_lightness_evenly(table):
    """So that a scale neither hides nor invents a border, whoever sees it and on gray paper too."""
    light = lightness(table[:SHADES, :3])
    if table is DIVERGING:
        np.testing.assert_allclose(light, light[::-1], atol=12)
        light = light[: SHADES // 2 + 1]
    steps = np.diff(light)
    assert (steps > -0.05).all()
    assert steps.max() < 3 * steps.mean()


def lightness(rgb):
    """CIE L* of sRGB."""
    linear = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (np.nan, "n/a"),
        (-np.inf, "n/a"),
        (0.0, "0"),
        (-0.25, f"{MINUS}0.25"),
        (1234.56, "1235"),
        (0.00001234, f"1.23 \N{MULTIPLICATION SIGN} 10^{MINUS}5"),
        (np.float32(0.5), "0.5"),
        (150, "150"),
        (True, "yes"),
    ],
)
def test_numbers_are_written_for_a_reader(value, text):
    assert number(value) == text


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-2.3, 1.1), (0.01, 0.013), (0, 91), (-1e6, 1e6), (0, 4999)])
def test_ticks_are_round_inside_and_neither_few_nor_many(low, high):
    marks = ticks(low, high)
    assert 3 <= len(marks) <= 7
    assert all(low - 1e-12 <= value <= high + 1e-12 for value, _ in marks)
    assert [float(label.replace(MINUS, "-")) for _, label in marks] == pytest.approx([value for value, _ in marks])


def test_the_report_of_thousands_of_volumes_and_hundreds_of_regions_stays_small():
    html = render(findings(volumes=5000, regions=400, carpet=noise((1000, 5000)), carpet_regions=np.arange(1000)))
    assert len(html) < 1_500_000


def noise(shape):
    return np.random.default_rng(8).normal(size=shape).astype(np.float32)
