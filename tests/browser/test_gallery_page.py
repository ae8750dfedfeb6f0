"""The gallery's list of objects: ten thousand of them, of which some are hostile."""

import base64
import io
import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from contrasts import CONTRASTS
from PIL import Image
from waiting import until

from scandrop_cli.gallery import looking, writing
from scandrop_cli.gallery.advice import Advice
from scandrop_cli.gallery.details import details_of

HOSTILE = (
    "x/<script>window.hacked = 1</script>.json",
    'x/"><img src=x onerror="window.hacked = 1">.json',
    "x/</script><script>window.hacked = 1</script>.json",
    "x/\x1b[31mred\x07.json",
    "x/\u202egnp.exe.json",
    "x/" + "0123456789" * 100 + ".json",
    "x/${7*7}$policy__proto__.json",
)
ENVIRONMENT = SimpleNamespace(name="prod", region="eu-central-1", pseudonymous_keys=False, dead_letter_queue_urls={})
COUNT = 10_000
WIDTHS = (390, 768, 1280, 1920)
NEWEST = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Place:
    """A folder to write a gallery to."""

    origin = "'self' file:"

    def __init__(self, folder):
        self.folder = folder

    def write(self, name, body, _):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return name


class NoSource:
    derivative = link = copy = staticmethod(lambda _: None)


def picture(size=(160, 120)):
    body = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(body, "WEBP")
    return f"data:image/webp;base64,{base64.b64encode(body.getvalue()).decode()}"


def items(count):
    chance = random.Random(7)  # noqa: S311  # a page, no secret
    for number in range(count):
        lane = ("image", "dicom", "nifti", "record")[number % 4]
        status = chance.choices(("succeeded", "rejected", "failed", "given_up", "stalled"), (90, 6, 2, 1, 1))[0]
        received = (NEWEST - timedelta(minutes=4 * number)).isoformat()
        hostile = number < len(HOSTILE)
        yield {
            "object_key": HOSTILE[number] if hostile else f"study{number % 37:02}/subject-{number:05}/scan.{lane}",
            "version_id": "v1",
            "lane": lane,
            "status": "succeeded" if hostile else status,
            "received_at": received,
            "finished_at": received,
            "size_bytes": chance.randrange(10**8),
            "duration_ms": chance.randrange(60_000),
            "error_code": "image_damaged" if status == "rejected" and not hostile else None,
            "metadata": {
                "modality": ("CT", "MR", "DX")[number % 3],
                "recognisable": number % 10 == 0,
                "warnings": ["<b>bold</b>"] * (number % 5 == 0),
            },
        }


def looked(item, thumbnail):
    bad = item["status"] != "succeeded"
    advised = Advice("The image is damaged.", f"scandrop show {item['object_key']}", "To see it:") if bad else None
    shown = thumbnail if item["lane"] != "record" else None
    return writing.Looked(looking.entry_of(item, advised), shown, details_of(ENVIRONMENT, NoSource(), item, None))


def write_gallery(folder, every, size=(160, 120)):
    about = looking.about(ENVIRONMENT)
    thumbnail = picture(size)
    writing.write(Place(folder), about, (looked(item, thumbnail) for item in every))
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    return write_gallery(tmp_path_factory.mktemp("gallery"), items(COUNT))


@pytest.fixture
def open_gallery(open_page, gallery):
    return lambda way="", **options: open_page(gallery + way, **options)


def count(page):
    return page.locator(".count").inner_text()


def choice(page, facet, name):
    return page.get_by_role("group", name=facet).get_by_role("button", name=re.compile(f"^{name}"))


def test_ten_thousand_objects_are_on_the_screen_within_a_second(open_gallery):
    page = open_gallery()
    assert count(page) == "10,000 objects"
    painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    assert until(page, painted) < 1000
    took = page.evaluate(
        """() => { const began = performance.now(); const search = document.querySelector('#search');
        search.value = 'study07 mr'; search.dispatchEvent(new Event('input')); document.body.offsetHeight;
        return performance.now() - began; }"""
    )
    assert took < 500


def test_it_asks_for_its_own_files_only_when_they_are_looked_at_and_complains_of_nothing(open_gallery, gallery):
    page = open_gallery()
    page.wait_for_selector(".card img")
    folder = gallery.removesuffix("index.html")
    asked = {url.removeprefix(folder) for url in page.asked if not url.startswith("data:")}
    assert asked == {"index.html", "data/000.js"}
    assert page.said == []


def test_the_policy_lets_no_other_script_run_and_nothing_be_fetched(open_gallery):
    page = open_gallery()
    page.evaluate(
        """async () => {
          const script = document.createElement('script');
          script.textContent = 'window.hacked = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hacked = 1">');
          window.fetched = await fetch('https://example.invalid/').then(() => 'fetched', () => 'refused');
        }"""
    )
    assert page.evaluate("[window.hacked, window.fetched]") == [None, "refused"]
    assert any("Content Security Policy" in said for said in page.said)


def test_every_page_of_cards_can_be_reached(open_gallery):
    page = open_gallery()
    assert page.locator(".card").count() == 200
    page.get_by_role("button", name="Show 200 more (9,800 left)").click()
    assert page.locator(".card").count() == 400
    assert (
        page.evaluate("[...document.querySelectorAll('.card')].indexOf(document.activeElement.closest('.card'))") == 200
    )


def test_filters_of_one_kind_widen_and_of_different_kinds_narrow(open_gallery):
    page = open_gallery()
    rejected, failed = choice(page, "Status", "rejected"), choice(page, "Status", "failed")
    numbers = [int(one.inner_text().split()[-1].replace(",", "")) for one in (rejected, failed)]
    rejected.click()
    assert count(page) == f"{numbers[0]:,} of 10,000 objects"
    assert rejected.get_attribute("aria-pressed") == "true"
    assert {one.strip() for one in page.locator(".card .status").all_text_contents()} == {"✕rejected"}
    failed.click()
    assert count(page) == f"{sum(numbers):,} of 10,000 objects"
    lane = choice(page, "Lane", "dicom")
    of_lane = lane.inner_text().split()[-1]
    lane.click()
    assert count(page) == f"{of_lane} of 10,000 objects"
    page.get_by_role("button", name="Clear all").click()
    assert count(page) == "10,000 objects"
    assert rejected.get_attribute("aria-pressed") == "false"


def test_flags_and_days_filter_too(open_gallery):
    page = open_gallery()
    choice(page, "Flags", "a face may be recognisable").click()
    assert count(page) == "1,000 of 10,000 objects"
    page.get_by_label("From").fill("2026-11-21")
    page.get_by_label("To").fill("2026-11-21")
    assert count(page) == "19 of 10,000 objects"  # every fourth minute of half a day, one in ten of them


def test_the_search_finds_keys_codes_and_words_and_all_must_fit(open_gallery):
    page = open_gallery()
    search = page.get_by_role("searchbox", name="Search")
    search.fill("subject-00123")
    assert count(page) == "1 of 10,000 objects"
    assert page.locator(".card .name").inner_text() == "scan.record"
    search.fill("IMAGE_damaged study05")
    assert {one.strip() for one in page.locator(".card code.code").all_text_contents()} == {"image_damaged"}
    search.fill("modality ct subject-00123")
    assert count(page) == "1 of 10,000 objects"
    search.fill("no such thing")
    assert count(page) == "Nothing fits. Clear a filter."
    page.keyboard.press("Escape")
    assert count(page) == "10,000 objects"


@pytest.mark.parametrize(("order", "shown"), [("largest", ".facts span"), ("slowest", ".facts span:last-child")])
def test_the_order_is_as_chosen(open_gallery, order, shown):
    page = open_gallery()
    page.get_by_label("Sort by").select_option(order)
    unit = "99|100 MB" if order == "largest" else "59|60"
    assert re.match(unit, page.locator(".card").first.locator(shown).first.inner_text())


def test_the_oldest_can_come_first(open_gallery):
    page = open_gallery()
    page.get_by_label("Sort by").select_option("oldest")
    assert "subject-09999" in page.locator(".card .folder").first.inner_text()


def test_an_object_opens_and_back_finds_the_list_as_it_was(open_gallery):
    page = open_gallery()
    choice(page, "Status", "rejected").click()
    before = count(page)
    link = page.locator(".card a").nth(3)
    key = link.get_attribute("title")
    link.click()
    page.wait_for_selector(".object h1")
    assert page.title() == f"{key} - Scandrop gallery"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.go_back()
    assert count(page) == before
    assert page.evaluate("document.activeElement.title") == key
    assert page.title() == "Objects in prod - Scandrop gallery"
    assert page.said == []


def names(page):
    return page.locator(".card .name").all_inner_texts()


def test_by_name_and_within_a_minute_ten_comes_after_nine(open_page, tmp_path):
    received = {10: "12:00:10.5", 9: "12:00:59", 100: "12:00:01", 2: "12:01:00"}
    (one,) = items(1)
    every = [
        {**one, "object_key": f"ct/{number}.dcm", "received_at": f"2026-11-21T{at}+00:00"}
        for number, at in received.items()
    ]
    url = write_gallery(tmp_path, every)
    assert names(open_page(url)) == ["2.dcm", "9.dcm", "10.dcm", "100.dcm"]
    assert names(open_page(f"{url}#/?sort=oldest")) == ["9.dcm", "10.dcm", "100.dcm", "2.dcm"]
    page = open_page(url)
    page.get_by_label("Sort by").select_option("Name")
    assert names(page) == ["2.dcm", "9.dcm", "10.dcm", "100.dcm"]
    assert page.url.endswith("#/?sort=name")


def test_a_line_of_a_command_ends_between_its_words(open_page, tmp_path):
    (one,) = items(1)
    advised = Advice("Damaged.", "scandrop upload --force --prefix bad/and/worse --env local short_bold.nii.gz")
    object_ = writing.Looked(looking.entry_of({**one, "status": "rejected"}, advised), None, {})
    writing.write(Place(tmp_path), looking.about(ENVIRONMENT), [object_])
    page = open_page((tmp_path / "index.html").as_uri())
    broken = """code => [...code.textContent.matchAll(/\\S+/g)].filter(({0: word, index}) => {
      const range = document.createRange(), walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
      let at = 0, ends = [];
      while (walk.nextNode()) for (let i = 0; i < walk.currentNode.length; i++, at++)
        if (at === index || at === index + word.length - 1) ends.push([walk.currentNode, i]);
      range.setStart(...ends[0]); range.setEnd(ends.at(-1)[0], ends.at(-1)[1] + 1);
      return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;
    }).map(found => found[0])"""
    code = page.locator(".card .command code")
    assert code.bounding_box()["height"] > 30  # more lines than one
    assert code.evaluate(broken) == []


@pytest.mark.parametrize(("side", "on_card", "on_page"), [(3, "pixelated", 24), (300, "auto", 500)])
def test_a_small_picture_is_shown_as_its_pixels_at_eight_times_its_size_at_most(
    open_page, tmp_path, side, on_card, on_page
):
    page = open_page(write_gallery(tmp_path, items(1), (side, side)))
    until(page, "document.querySelector('.card img')?.style.getPropertyValue('--most-wide')")
    card = page.locator(".card img")
    assert card.bounding_box()["height"] == min(8 * side, 152)
    assert card.evaluate("img => getComputedStyle(img).imageRendering") == on_card
    page.locator(".card a").first.click()
    until(page, "document.querySelector('.shown img')?.style.getPropertyValue('--most-wide')")
    assert page.locator(".shown img").bounding_box()["width"] == on_page


def test_on_paper_every_card_has_its_picture(open_gallery):
    page = open_gallery("#/?lane=image")
    page.wait_for_selector(".card img")
    assert page.locator(".card img").count() < 200
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    until(page, "document.querySelectorAll('.card img').length === 200")
    page.emulate_media(media="print")
    assert page.locator(".card").last.evaluate("card => getComputedStyle(card).contentVisibility") == "visible"


def test_a_link_opens_the_list_as_it_was_filtered(open_gallery):
    page = open_gallery("#/?q=study07&status=rejected&sort=largest")
    assert choice(page, "Status", "rejected").get_attribute("aria-pressed") == "true"
    assert page.get_by_role("searchbox").input_value() == "study07"
    assert page.get_by_label("Sort by").input_value() == "largest"
    assert " of 10,000 objects" in count(page)


def test_previous_and_next_go_through_what_is_filtered(open_gallery):
    page = open_gallery("#/?status=rejected")
    keys = [page.locator(".card a").nth(number).get_attribute("title") for number in (0, 1)]
    page.locator(".card a").first.click()
    page.wait_for_selector(".object h1")
    page.keyboard.press("ArrowRight")
    until(page, "key => document.title.startsWith(key)", keys[1])
    page.get_by_role("link", name="Previous").click()
    until(page, "key => document.title.startsWith(key)", keys[0])
    assert page.get_by_role("link", name="Previous").count() == 0


def test_the_keyboard_reaches_everything(open_gallery):
    page = open_gallery()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the objects"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("study07")
    page.keyboard.press("?")  # typed, not obeyed
    assert page.get_by_role("searchbox").input_value() == "study07?"
    page.keyboard.press("Escape")
    page.locator("h1").focus()
    index = "[...document.querySelectorAll('.card')].indexOf(document.activeElement.closest('.card'))"
    for key, expected in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowDown", 4), ("ArrowLeft", 3), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert page.evaluate(index) == expected
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector(".object h1")
    page.keyboard.press("Escape")
    page.wait_for_selector(".cards")
    assert page.evaluate(index) == 0


def test_from_the_search_the_arrow_goes_to_the_first_card_and_enter_opens_it(open_gallery):
    page = open_gallery()
    page.locator("h1").focus()
    page.keyboard.press("/")
    page.keyboard.type("subject-00123")
    page.keyboard.press("ArrowDown")
    assert "subject-00123" in page.evaluate("document.activeElement.title")
    page.keyboard.press("/")
    page.keyboard.press("ArrowLeft")  # still the text's own
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Enter")
    page.wait_for_selector(".object h1")
    assert "subject-00123" in page.locator("h1").inner_text()


def test_the_arrows_go_on_past_the_cards_that_were_made(open_gallery):
    page = open_gallery()
    page.locator(".card a").nth(199).focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.title") == page.locator(".card a").nth(200).get_attribute("title")


def test_hostile_keys_are_shown_and_nothing_else(open_gallery):
    page = open_gallery("#/?q=x/")
    spelt = {"\x1b": "\\x1b", "\x07": "\\x07", "\u202e": "\\u202e"}
    assert page.locator(".card h2").all_text_contents() == ["".join(spelt.get(c, c) for c in key) for key in HOSTILE]
    for number in range(len(HOSTILE)):
        page.locator(".card a").nth(number).click()
        page.wait_for_selector(".object h1")
        page.go_back()
    assert page.evaluate("window.hacked") is None
    assert page.locator("b").filter(has_text="bold").count() == 0
    assert page.said == []


def test_a_card_says_when_it_was_received_and_finished_where_these_differ(open_page, tmp_path):
    finished = ("2026-11-21T12:00:59+00:00", "2026-11-21T12:03:00+00:00", "2026-11-22T00:01:00+00:00")
    changed = [
        {
            **item,
            "object_key": end,
            "received_at": "2026-11-21T12:00:01+00:00",
            "finished_at": end,
            "size_bytes": None,
            "duration_ms": None,
        }
        for item, end in zip(items(3), finished, strict=True)
    ]
    page = open_page(write_gallery(tmp_path, changed))
    assert page.locator(".card .facts").all_text_contents() == [
        "21 Nov 2026, 12:00",
        "21 Nov 2026, 12:00finished 12:03",
        "21 Nov 2026, 12:00finished 22 Nov 2026, 00:01",
    ]


def test_a_name_that_every_object_of_javascript_has_is_a_name_like_others(open_page, tmp_path):
    page = open_page(write_gallery(tmp_path, [next(items(1)) | {"lane": "constructor"}]))
    assert count(page) == "1 object"
    sign = "name => scandrop.laneSign(name).firstChild.getAttribute('d')"
    assert page.evaluate(sign, "constructor") == page.evaluate(sign, "other")
    assert page.said == []


def test_a_key_that_is_not_there_says_so(open_gallery):
    page = open_gallery("#/o/%E0%A4%A")
    assert page.get_by_text("The gallery has no such object.").is_visible()


def test_a_gallery_without_its_data_folder_says_what_is_missing(open_page, tmp_path):
    url = write_gallery(tmp_path, items(3))
    (tmp_path / "data/000.js").unlink()
    page = open_page(url)
    page.wait_for_selector(".trouble:not([hidden])")
    assert "keep the data folder beside index.html" in page.get_by_role("alert").inner_text()
    page.locator(".card a").first.click()
    page.wait_for_selector(".object h1")


def test_an_empty_gallery_says_so(open_page, tmp_path):
    page = open_page(write_gallery(tmp_path, []))
    assert count(page) == "There is no object yet: upload one, and make the gallery again."
    assert page.said == []


def test_a_command_is_copied_as_it_is(open_gallery):
    page = open_gallery("#/?status=rejected")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = page.locator(".card").first
    card.get_by_role("button", name="Copy").click()
    until(page, "document.querySelector('.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == card.locator(".command code").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_at_any_width(open_gallery, width):
    page = open_gallery("#/", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page = open_gallery("#/?status=rejected", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("way", ["#/?q=x/", "#/?status=rejected&status=failed&status=given_up&status=stalled"])
def test_every_text_can_be_read(open_gallery, scheme, way):
    page = open_gallery(way, scheme=scheme)
    page.wait_for_selector(".card")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 60
    assert [text for ratio, text in contrasts if ratio < 4.5] == []


def test_the_page_is_well_formed_for_a_screen_reader(open_gallery):
    page = open_gallery()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == page.locator("main").count() == page.locator("search").count() == 1
    assert page.locator("img:not([alt])").count() == 0
    assert page.locator("svg:not([aria-hidden=true]):not([role=img][aria-label])").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('input, select')].every(control => control.labels.length === 1)"
    )
    named = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(set(named)) == len(named)
    assert page.locator(".count[role=status]").count() == 1
    status = page.locator(".card .status").first
    assert status.inner_text().split("\n")[-1].endswith("succeeded")  # a word and a sign, never the colour alone


def test_the_listing_is_data_that_no_key_can_end(gallery):
    page = Path(unquote(urlsplit(gallery).path)).read_text()
    assert len(re.findall("</script>", page)) == 2  # of the listing and of the gallery's own script
    keys = {entry["key"] for entry in json.loads(re.search(r'id="listing">(.*?)</script>', page)[1])["objects"]}
    assert set(HOSTILE) <= keys
