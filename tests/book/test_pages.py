"""Open every page of the built book in a browser, as a reader would."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from course.source import chapter_names

axe_playwright_python = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.book
ROOMS = (
    *("video", "data", "cutouts", "metrics", "evaluation", "learning", "osvos", "masktrack"),
    *("reproduction", "plot"),
)
PAGES = (
    *("index", "how-to-use", *chapter_names(), "teaching", "glossary", "notation"),
    *(f"api/{name}" for name in ("index", *ROOMS, "commands")),
    *("bibliography", "status"),
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
    if name in READ_ALOUD:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(500)  # the theme fades its colours
            assert _serious_violations(page) == {}, scheme


def _fits(page):
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 1, f"{overflow} pixels too wide at {page.viewport_size['width']}"


def _serious_violations(page):
    """What a reader who cannot see, or cannot use a mouse, would miss; as axe finds it."""
    found = axe_playwright_python.Axe().run(page).response["violations"]
    return {v["id"]: v["nodes"][0]["html"] for v in found if v["impact"] in ("serious", "critical")}


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


def test_the_first_page_shows_scores_over_the_same_videos(built_book):
    """Ours stand beside the published ones, so they must be of runs over the 20 validation videos."""
    from vostut.reproduction.ledger import read_ledger, whole_runs

    html = (built_book / "index.html").read_text()
    for method in ("OSVOS", "MaskTrack"):
        shown = re.search(rf"<td>{method}, this book</td>((?:<td>[\d.]+</td>)+)", html)[1]
        best = whole_runs(read_ledger("ledger"), method)[0]["score"]
        assert best["n_sequences"] == 20
        assert re.findall(r"[\d.]+", shown) == [f"{100 * best[m]['mean']:.1f}" for m in "JFT"]
