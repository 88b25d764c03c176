"""Open every page of the built book in a browser, as a reader would."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from accessible import serious_violations
from PIL import Image

from course.source import chapter_names

pytestmark = pytest.mark.book
ROOMS = (
    *("video", "data", "cutouts", "metrics", "evaluation", "learning", "osvos", "masktrack"),
    *("reproduction", "plot"),
)
PAGES = (
    *("index", "how-to-use", *chapter_names(), "try-it", "teaching", "adopt", "glossary", "notation"),
    *("evaluation-conventions", *(f"api/{name}" for name in ("index", *ROOMS, "commands"))),
    *("claims", "cluster", "bibliography", "changelog", "status"),
)
READ_ALOUD = set(PAGES) - {f"api/{name}" for name in ROOMS} | {"api/metrics"}  # the others look alike
WIDTHS = {"desktop": 1280, "phone": 390}
MOST_BYTES = 8_000_000


@pytest.fixture
def open_page(browser, built_book):
    """Open a page; collect what goes wrong on it. The network is cut off, so nothing may need it."""
    contexts = []

    def open_(name, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("requestfailed", lambda request: page.problems.append(f"not loaded: {request.url}"))
        page.goto((built_book / f"{name}.html").as_uri(), wait_until="load")
        page.wait_for_timeout(300)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(open_page, name):
    """One visit for all of it: on a phone, then on a desktop, in light and in dark."""
    page = open_page(name, WIDTHS["phone"])
    _fits(page)
    page.set_viewport_size({"width": WIDTHS["desktop"], "height": 900})
    _fits(page)
    assert page.title()
    assert page.problems == []
    broken = page.eval_on_selector_all(
        "img", "images => images.filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 80))"
    )
    assert broken == []
    for text in page.eval_on_selector_all("article img", "images => images.map(i => i.alt)"):
        assert len(text.split()) >= 5, text
        assert not text.startswith("_images"), text
    assert re.findall(r"(?<![\w*])\*{1,2}[A-Za-z][\w -]*\*{1,2}(?![\w*])", _prose(page)) == []  # Markdown
    if name in READ_ALOUD:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(500)  # the theme fades its colours
            assert serious_violations(page) == {}, scheme


def _prose(page):
    """The text of a page without its code."""
    return page.evaluate(
        """() => {
            const article = document.querySelector("article").cloneNode(true);
            article.querySelectorAll("pre, code, script, style").forEach(e => e.remove());
            return article.textContent;
        }"""
    )


def test_the_scripts_of_the_tool_are_on_no_page_but_its_own(built_book):
    """They are megabytes, and even there only a small one is loaded before a click."""
    loaded = {
        page.stem: re.findall(r'<script[^>]+src="[^"]*(_static/tryit/[^"?]+)', page.read_text())
        for page in built_book.glob("*.html")
    }
    assert {name: scripts for name, scripts in loaded.items() if scripts} == {
        "try-it": ["_static/tryit/assets/page.js"]
    }


def _fits(page):
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 1, f"{overflow} pixels too wide at {page.viewport_size['width']}"


@pytest.mark.parametrize("name", PAGES)
def test_no_figure_is_blank(built_book, name):
    html = (built_book / f"{name}.html").read_text()
    for source in re.findall(r'src="(_images/[^"]+\.png)"', html):
        with Image.open(built_book / source) as image:
            pixels = np.asarray(image.convert("L"), float)
        assert pixels.std() > 4, f"{source} is blank"
        assert min(pixels.shape) > 100, f"{source} is tiny"


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_light_and_need_no_network(built_book, name):
    html = (built_book / f"{name}.html").read_text()
    assert len(html.encode()) < MOST_BYTES
    loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"', html)
    loaded += re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="(https?:[^"]+)"', html)
    assert loaded == []
    assert "Traceback" not in html


@pytest.mark.parametrize("name", PAGES)
def test_links_inside_the_book_lead_somewhere(built_book, name):
    page = built_book / f"{name}.html"
    html = page.read_text()
    for link in set(re.findall(r'href="([^"#:?]+\.html)(?:#[^"]*)?"', html)):
        assert (page.parent / link).exists(), link
    anchors = set(re.findall(r'\bid="([^"]+)"', html))
    assert {a for a in re.findall(r'href="#([^"]+)"', html) if a} <= anchors


def test_equations_are_set(open_page):
    page = open_page("metrics")
    page.wait_for_selector("mjx-container svg", timeout=20_000)
    assert page.locator("mjx-container").count() >= 3
    assert page.locator("article math:not(mjx-assistive-mml math)").count() == 0


def test_dark_mode_draws_on_dark(open_page):
    page = open_page("metrics", color_scheme="dark")
    red, green, blue = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    assert red + green + blue < 200


@pytest.mark.parametrize("name", chapter_names())
def test_figures_have_no_ground_of_their_own(open_page, name):
    """On a dark page no figure is a light slab: each has a version for dark, and nothing behind it."""
    page = open_page(name, color_scheme="dark")
    shown = page.eval_on_selector_all(
        ".cell_output figure:not(.vostut) img, .cell_output > img",
        "images => images.filter(i => i.offsetParent).map(i => "
        "[i.className, getComputedStyle(i).backgroundColor, i.src.split('/').pop()])",
    )
    assert shown
    assert {ground for _, ground, _ in shown} == {"rgba(0, 0, 0, 0)"}
    assert [file for kind, _, file in shown if "for-dark" not in kind] == []
    page.emulate_media(media="print")
    versions = page.eval_on_selector_all(
        ".for-light, .for-dark", "all => all.filter(i => i.offsetParent).map(i => i.className)"
    )
    assert set(versions) == {"for-light"}
    assert not page.locator("details.hide > summary").first.is_visible()


@pytest.mark.parametrize("name", chapter_names())
def test_what_scrolls_says_so_on_a_phone(open_page, name):
    """Wide figures and tables do, and those that fit do not."""
    page = open_page(name, WIDTHS["phone"])
    hint = "e => (e.querySelector(':scope > .scroll-hint') ?? e.previousElementSibling)?.className"
    for element in page.locator(".cell_output :is(figure:not(.vostut), table.table)").all():
        wide = element.evaluate("e => e.scrollWidth > e.clientWidth + 1")
        assert wide == (element.evaluate(hint) == "scroll-hint"), element.inner_text()[:80]
    page.set_viewport_size({"width": WIDTHS["desktop"], "height": 900})
    page.wait_for_timeout(200)
    assert not any(words.is_visible() for words in page.locator(".scroll-hint").all())


@pytest.mark.parametrize("name", chapter_names())
def test_a_chapter_asks_questions(open_page, name):
    from course.quizzes import read_quiz

    page = open_page(name)
    assert page.locator("section#quiz fieldset").count() == len(read_quiz(name))
    ids = page.eval_on_selector_all("article section > section", "all => all.map(s => s.id)")
    assert ids.index("quiz") == ids.index("exercises") - 1


def test_the_first_page_stands_still_when_asked(open_page):
    page = open_page("index")
    image = page.locator(".landing picture img")
    moving = image.evaluate("i => i.currentSrc.length")
    page.get_by_role("button", name="Pause the animation").click()
    assert image.evaluate("i => i.src.length") < moving / 4  # one picture instead of many
    page.get_by_role("button", name="Play the animation").click()
    assert image.evaluate("i => i.src.length") == moving
    calm = open_page("index", reduced_motion="reduce")
    assert calm.get_by_role("button", name="Play the animation").is_visible()


@pytest.mark.parametrize("word", ["IoU", "Jaccard", "region similarity"])
def test_the_search_finds_a_measure_where_it_is_defined(open_page, word):
    page = open_page("search")
    page.goto(f"{page.url}?q={word}")
    page.wait_for_function("document.querySelectorAll('#search-results li > a').length >= 3")
    found = page.eval_on_selector_all("#search-results li > a", "all => all.map(a => a.href)")
    for name in ("glossary", "metrics"):
        assert any(f"/{name}.html" in link for link in found), found


def test_player_plays(open_page):
    page = open_page("problem")
    picture = page.locator("figure.vostut-player canvas").first
    before = picture.screenshot()
    page.locator("figure.vostut-player button[aria-label*='lay']").first.click()
    page.wait_for_timeout(700)
    assert _difference(before, picture.screenshot()) > 1


def test_painting_changes_the_scores(open_page):
    """Paint with the mouse, and hold the page's numbers against the package's."""
    from vostut.metrics import contour_accuracy, region_similarity

    page = open_page("metrics")
    root = page.locator(".vostut-paint").first
    root.scroll_into_view_if_needed()
    scores = "element => element.vostut.scores()"
    before = root.evaluate(scores)
    box = root.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.35, steps=6)
    page.mouse.up()
    after = root.evaluate(scores)
    assert after["J"] < before["J"]
    painted, truth = _masks(page, root)
    assert after["J"] == pytest.approx(region_similarity(painted, truth), abs=1e-12)
    assert after["F"] == pytest.approx(contour_accuracy(painted, truth), abs=1e-12)


def _masks(page, root):
    """The painted mask, and the true one, which the button "Ground truth" paints."""
    mask = "element => Array.from(element.vostut.getMask())"
    painted = root.evaluate(mask)
    root.get_by_role("button", name="Ground truth").click()
    truth = root.evaluate(mask)
    return (np.array(m, bool).reshape(240, 428) for m in (painted, truth))


def _difference(a, b):
    first, second = (np.asarray(Image.open(io.BytesIO(x)).convert("L"), float) for x in (a, b))
    return np.abs(first - second).mean()


def test_the_first_page_shows_the_table_of_the_ledger(built_book):
    """As published, as the article has it, ours: from runs over the 20 validation videos."""
    from vostut.reproduction.labels import headline, results
    from vostut.reproduction.ledger import read_ledger

    text = re.sub(r"<[^>]+>", " ", (built_book / "index.html").read_text())
    text = re.sub(r"\s+", " ", text)
    rows = read_ledger("ledger")
    for method in ("OSVOS", "MaskTrack"):
        for line in headline(results(rows, method)):
            assert all(row["score"]["n_sequences"] == 20 for row in line.rows)
            numbers = " ".join(line.cell(metric) for metric in "JFT")
            assert (
                re.sub(r"\s+", " ", f"{line.label}, {line.seeds} {numbers}") in text
            )  # "±" has spaces that hold
