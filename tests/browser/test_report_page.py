from itertools import pairwise

import pytest
from contrasts import CONTRASTS

WIDTHS = (390, 768, 1280)
NAMES = ("usual", "short", "long")


@pytest.mark.parametrize("name", NAMES)
def test_the_report_asks_for_nothing_and_complains_of_nothing(open_report, reports, name):
    page = open_report(name)
    assert [url for url in page.asked if not url.startswith("data:")] == [reports[name]]
    assert page.said == []


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_decodes_and_every_drawing_has_a_size(open_report, name):
    page = open_report(name)
    pictures = page.evaluate(
        "[...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth, i.clientHeight])"
    )
    assert len(pictures) >= 11
    assert all(complete and min(sizes) > 0 for complete, *sizes in pictures)
    drawings = page.evaluate("[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().toJSON())")
    assert len(drawings) >= 7
    assert all(box["width"] > 0 and box["height"] > 0 for box in drawings)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_at_any_width(open_report, name, width):
    page = open_report(name, width)
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(open_report, scheme):
    contrasts = open_report(scheme=scheme).evaluate(CONTRASTS)
    assert len(contrasts) > 100
    assert [text for ratio, text in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize(("scheme", "least", "most"), [("light", 240, 255), ("dark", 0, 40)])
def test_the_paper_follows_the_reader_s_colour_scheme(open_report, scheme, least, most):
    paper = open_report(scheme=scheme).evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert all(least <= shade <= most for shade in paper[:3])


def test_paper_is_white_and_without_navigation_when_printed(open_report):
    page = open_report(scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("navigation").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_all_courses_and_the_carpet_share_one_time_axis(open_report, width):
    page = open_report(width=width)
    boxes = page.evaluate(
        "[...document.querySelectorAll('.plot > *')].map(p => p.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert len(boxes) == 6
    courses, carpet = boxes[:-1], boxes[-1]
    assert courses == [courses[0]] * 5
    assert carpet == pytest.approx(courses[0], abs=1.5)  # the border that the courses have and the carpet has not


def test_a_run_whose_motion_could_not_be_determined_shows_the_other_courses_and_no_comparison(open_report):
    page = open_report("undetermined")
    assert page.locator("#time svg[role=img]").count() == 2
    assert page.locator("#correction img").count() == 0
    assert page.locator("#correction").get_by_text("could not be determined").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_slices_keep_their_proportions(open_report, width):
    """The whole field of view, nine slices of 54 x 59.5 mm in rows of six."""
    box = open_report(width=width).locator("#mean .mosaic img").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(6 * 54 / (2 * 59.5), rel=0.01)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_numbers_are_a_table_with_heads_at_any_width(open_report, width):
    table = open_report(width=width).locator("#numbers").get_by_role("table", name="Quality metrics")
    row = table.get_by_role("row").filter(has=table.page.get_by_role("rowheader", name="fd_mean"))
    assert row.get_by_role("cell").all_inner_texts() == ["0.25", "mm", "Mean framewise displacement."]
    assert table.get_by_role("row").filter(has_text="gsr_x").get_by_role("cell").first.inner_text() == "n/a"
    assert table.get_by_role("columnheader").all_inner_texts() == ["Name", "Value", "Unit", "Definition"]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_well_formed_for_a_screen_reader(open_report, name):
    page = open_report(name)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title().endswith("fMRI quality report")
    levels = [int(tag[1]) for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("main").count() == page.locator("nav[aria-label]").count() == 1
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    assert page.locator("figure:not(:has(figcaption))").count() == 0
    assert page.locator("svg:not([aria-hidden=true]):not([role=img][aria-label])").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0


def test_every_link_inside_the_page_leads_somewhere_and_no_name_is_taken_twice(open_report):
    page = open_report()
    named = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(set(named)) == len(named)
    links = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1))")
    assert len(links) > 5
    assert set(links) <= set(named)


def test_the_keyboard_comes_first_to_a_link_past_the_head(open_report):
    page = open_report()
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the figures"
    assert focused.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#time")
