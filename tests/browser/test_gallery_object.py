"""One object's page in the gallery, of each lane's real outputs."""

import re
from itertools import pairwise
from urllib.parse import quote

import numpy as np
import pydicom
import pytest
from contrasts import CONTRASTS
from gallery_objects import HOSTILE, write_gallery, write_gallery_of_report, write_inputs
from report_findings import findings
from waiting import until

from scandrop.processors.nifti._report import render

RUN, RECORDS, RETINA, REJECTED = (
    *("rest/sub-01_task-rest_bold.nii.gz", "records/patients.jsonl", "eyes/retina.jpg"),
    "eyes/broken.png",
)
CHEST, CT, MR, HEAD = "chest/chest.dcm", "head/ct-slice.dcm", "head/mr.dcm", "head/sub-01_T1w.nii.gz"
EVERY = (RUN, RECORDS, RETINA, REJECTED, CHEST, CT, MR, HEAD, HOSTILE)


def volumes(*shape):
    """A run's maps on a grid, whose brain fills most of it."""
    middle = (np.array(shape) - 1) / 2
    brain = (((np.indices(shape).T - middle) / (0.8 * middle + 0.1)) ** 2).sum(axis=-1).T < 1
    mean = np.where(brain, 900, 20).astype(np.float32)
    tsnr = np.where(brain, 60, 0).astype(np.float32)
    maps = {"brain": brain, "mean": mean, "mean_before": mean, "tsnr": tsnr, "tsnr_before": tsnr}
    return {**maps, "affine": np.diag([3.0, 3.0, 4.0, 1.0])}


RUNS = {
    "large": {"regions": 100, "volumes": 150, **volumes(64, 64, 32)},
    "tall": {"regions": 300, **volumes(20, 90, 60)},
    "small": {"regions": 1, "connectivity": None, **volumes(6, 6, 3)},
}
HEADINGS = "[...document.querySelectorAll('h1,h2,h3')].map(heading => Number(heading.tagName[1]))"


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="session")
def gallery(inputs, tmp_path_factory):
    return write_gallery(inputs, tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("gallery"))


@pytest.fixture
def open_object(open_page, gallery):
    def opened(key, width=1280, scheme="light"):
        page = open_page(f"{gallery.as_uri()}#/o/{quote(key, safe="!*'()~-_.")}", width, scheme)
        page.locator("article").wait_for()
        page.wait_for_load_state("load")
        return page

    return opened


def boxes(page):
    """The histogram's drawing and the window over it, as parts of the drawing's width."""
    drawing, window = (page.locator(f".histogram {part}").bounding_box() for part in ("svg", ".window"))
    left = (window["x"] - drawing["x"]) / drawing["width"]
    return left, left + window["width"] / drawing["width"]


@pytest.mark.parametrize("key", EVERY)
def test_each_page_opens_without_a_complaint_and_asks_for_nothing_beside_the_gallery(open_object, gallery, key):
    page = open_object(key)
    page.wait_for_timeout(200)
    own = gallery.parent.as_uri()
    assert [url for url in page.asked if not url.startswith((own, "data:"))] == []
    assert page.said == []


@pytest.mark.parametrize("key", EVERY)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_at_any_width(open_object, key, width):
    page = open_object(key, width)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("key", [RUN, RECORDS, CHEST, HOSTILE])
def test_every_text_can_be_read(open_object, key, scheme):
    contrasts = open_object(key, scheme=scheme).evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert [text for ratio, text in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize("key", EVERY)
def test_each_page_is_well_formed_for_a_screen_reader(open_object, key):
    page = open_object(key)
    levels = page.evaluate(HEADINGS)
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("svg:not([aria-hidden=true]):not([role=img][aria-label])").count() == 0
    assert page.locator("th:not([scope]), table:not(:has(caption)), img:not([alt]), iframe:not([title])").count() == 0
    assert page.locator("main h1").evaluate("heading => heading === document.activeElement")


@pytest.mark.parametrize("key", [RETINA, CHEST, CT, MR, HEAD, RUN])
def test_a_picture_is_shown(open_object, key):
    picture = open_object(key).get_by_role("img", name=f"Preview of {key}")
    picture.evaluate("picture => picture.decode()")
    assert picture.bounding_box()["width"] > 200


def test_the_bars_stand_where_the_values_are(open_object, inputs):
    """The drawing is asked itself where its bars are: the tallest is at the mode of the pixels."""
    values = pydicom.dcmread(inputs[CT]).pixel_array.astype(float)
    bars = np.histogram(values, 64)[0]
    outline = open_object(CT).locator(".histogram .dark").get_attribute("d")
    heights = [120 - float(step.split("H")[0]) for step in outline.split("V")[1:-1]]
    assert len(heights) == 64
    assert heights == pytest.approx(120 * bars / bars.max(), abs=0.1)


def test_the_window_lies_over_the_values_that_it_shows(open_object, inputs):
    ds = pydicom.dcmread(inputs[MR])
    low, high = float(ds.pixel_array.min()), float(ds.pixel_array.max())
    ends = [float(ds.WindowCenter) + side * float(ds.WindowWidth) / 2 for side in (-1, 1)]
    expected = [min(max((end - low) / (high - low), 0), 1) for end in ends]
    assert expected[1] - expected[0] < 0.9
    page = open_object(MR)
    assert boxes(page) == pytest.approx(expected, abs=0.02)
    assert page.get_by_role("img", name="The window shows").is_visible()


def test_a_wide_window_covers_the_whole_drawing(open_object):
    assert boxes(open_object(CHEST)) == pytest.approx((0, 1), abs=0.02)


def test_without_a_window_the_histogram_stands_alone(open_object):
    page = open_object(CT)
    assert page.get_by_role("heading", name="Histogram", exact=True).is_visible()
    assert page.locator(".window, .ramp").count() == 0
    assert page.get_by_text("dicom_window_from_pixels").is_visible()


def test_a_dicom_page_says_how_to_see_the_study_and_how_to_fetch_the_files(open_object):
    page = open_object(CHEST)
    assert page.locator("code", has_text="scandrop study show --env test 2.25.").is_visible()
    assert page.locator("code", has_text="scandrop download --env test chest/chest.dcm .").is_visible()


def test_a_run_has_its_verdict_with_reasons_and_its_whole_report(open_object):
    page = open_object(RUN)
    assert "Mean framewise displacement" in page.locator(".verdict").inner_text()
    frame = page.frame_locator("iframe[title='Quality report of the run']")
    page.locator("iframe").scroll_into_view_if_needed()
    for title in ("Over time", "Temporal SNR", "Connectivity"):
        assert frame.get_by_role("heading", name=title).is_visible()
    assert page.get_by_role("link", name="Open the report alone").get_attribute("href").endswith("/report.html")


@pytest.mark.parametrize("width", [390, 700, 1280, 1400])
@pytest.mark.parametrize("run", RUNS)
def test_all_figures_of_any_run_are_seen_by_scrolling_the_one_page(open_page, tmp_path, run, width):
    page = open_page(write_gallery_of_report(tmp_path, render(findings(**RUNS[run]))), width)
    frame = page.frame_locator("iframe")
    room = "html => html.clientHeight - html.getBoundingClientRect().height"
    until(page, "document.querySelector('iframe')?.style.height")
    frame.get_by_role("heading", name="Connectivity").wait_for()
    page.wait_for_timeout(100)
    assert 0 <= frame.locator("html").evaluate(room) < 2  # all of it is seen, and nothing is empty
    assert frame.locator("html").evaluate("html => html.scrollWidth <= html.clientWidth")
    assert frame.locator("header").is_hidden()  # the page has said it


def test_the_frame_follows_what_is_opened_in_it_and_the_width(open_page, tmp_path):
    page = open_page(write_gallery_of_report(tmp_path, render(findings(**RUNS["large"]))), 1280)
    until(page, "document.querySelector('iframe')?.style.height")
    tall = "document.querySelector('iframe').offsetHeight"
    before = page.evaluate(tall)
    page.frame_locator("iframe").locator("summary").click()
    until(page, f"before => {tall} > before + 100", before)
    page.set_viewport_size({"width": 390, "height": 900})
    until(page, f"before => {tall} !== before", page.evaluate(tall))


def test_a_report_that_says_no_height_can_be_scrolled(open_page, tmp_path):
    page = open_page(write_gallery_of_report(tmp_path, re.sub("(?s)<script.*</script>", "", render(findings()))), 1280)
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Connectivity").scroll_into_view_if_needed()
    assert page.locator("iframe").bounding_box()["height"] == 720
    assert frame.locator("html").evaluate("html => html.scrollTop > 0")


def test_what_spoke_for_a_run_is_told_from_what_spoke_against_it(open_object):
    reasons = open_object(RUN).locator(".verdict li")
    passing = reasons.filter(has_text="passes.").count()
    assert reasons.filter(has_text="✓").count() == passing
    assert reasons.count() == passing + reasons.filter(has_text="! ").count()


def test_an_image_of_a_head_has_its_metrics_with_what_they_mean(open_object):
    page = open_object(HEAD)
    row = page.locator(".rows div", has_text="Percentile 95 of all intensities.")
    assert row.locator("dt").inner_text() == "P95"
    assert page.locator(".tiles").first.locator("dt").all_inner_texts() == [
        "Orientation",
        *("Mask", "SNR", "Mask mean", "Mask SD", "Face may be recognisable"),
    ]


def test_refused_records_are_counted_by_reason_and_listed_without_their_values(open_object):
    page = open_object(RECORDS)
    assert page.locator(".counts").inner_text() == "250 with a field missing"
    table = page.get_by_role("table", name="The first 200 of 250, without their values")
    rows = table.get_by_role("row")
    assert rows.count() == 25
    page.get_by_role("button", name="Show the other 176").click()
    assert rows.count() == 201
    assert rows.nth(2).get_by_role("rowheader").inner_text() == "5"
    assert rows.nth(2).get_by_role("cell").all_inner_texts() == ["/patient_id", "is missing"]
    assert "Ikerian" not in page.content()


def test_a_rejected_object_says_why_and_what_to_type(open_object):
    page = open_object(REJECTED)
    assert page.locator("main .status").inner_text().split() == ["✕", "rejected"]
    trouble = page.locator("main .trouble")
    assert "image_unreadable" in trouble.inner_text()
    assert "To find the cause:" in trouble.inner_text()
    assert trouble.get_by_role("button", name="Copy the command scandrop logs --key K").is_visible()
    assert page.get_by_text("Nothing was made of it.").is_visible()


@pytest.mark.parametrize(("key", "heads"), [(RUN, 3), (RETINA, 4)])
def test_the_column_of_pixels_is_there_where_a_derivative_has_some(open_object, key, heads):
    table = open_object(key).get_by_role("table", name="What was made of it")
    assert table.get_by_role("columnheader").count() == heads


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("key", [RETINA, RECORDS])
def test_no_table_hides_a_part_of_itself(open_object, key, width):
    page = open_object(key, width)
    beyond = "one => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]"
    assert all(max(table.evaluate(beyond)) <= 1 for table in page.locator(".scroll").all())


def test_a_hostile_key_stays_text(open_object):
    page = open_object(HOSTILE)
    assert page.locator("article img").count() == 0
    assert page.get_by_role("heading", level=1).inner_text() == (
        r"study/<img src=x onerror=alert(1)>\x1b[2J\u202egnp.json"
    )


def test_from_one_object_the_way_leads_to_the_next_and_back_to_the_list(open_object):
    page = open_object(RETINA)
    page.get_by_role("link", name="Next").click()
    page.get_by_role("heading", level=1, name=CT).wait_for()  # by name, within a minute
    page.get_by_role("link", name="All objects").click()
    page.get_by_role("heading", level=1, name="Objects in test").wait_for()
