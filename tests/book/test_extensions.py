"""What the book adds to Sphinx, on a small project: quizzes, terms, figures for dark pages."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course.quizzes import LETTERS, quiz_file, read_quiz
from course.source import chapter_names

REPOSITORY = Path(__file__).resolve().parents[2]
EXTENSIONS = REPOSITORY / "book" / "_ext"
CONFIGURATION = f"""
import sys
sys.path[:0] = [{str(EXTENSIONS)!r}, {str(REPOSITORY)!r}]
project = "A small book"
extensions = ["myst_parser", "quiz", "glossary", "figures"]
html_static_path = [{str(REPOSITORY / "book" / "_static")!r}]
html_css_files = ["book.css"]
html_js_files = ["scroll.js", "terms.js", "quiz.js", "motion.js"]
epub_show_urls, version, copyright = "no", "1", "2026"
suppress_warnings = ["epub.unknown_project_files"]
"""
PAGES = {
    "index": "# Book\n\n```{toctree}\nosvos\nmetrics\nplain\nglossary\n```\n",
    "osvos": "# OSVOS\n\nAbout {term}`J`.\n\n![A chart with one line and one area.](chart.png)\n\n"
    "## Summary\n\nSaid.\n\n## Exercises\n\nNone.\n",
    "metrics": "# Metrics\n\n## A part\n\n```{quiz} problem\n```\n\n## Another\n\nSaid.\n",
    "plain": "# Plain\n\nA page without questions.\n",
    "glossary": "# Glossary\n\n```{glossary}\nJ\n    What two masks share.\n\n"
    "F\n    How outlines agree.\n```\n",
}


def chart():
    """An empty ground with a thin dark line, a thin blue one, a dark square and a pale one."""
    picture = np.zeros((200, 300, 4), np.uint8)
    picture[50:53, 20:280] = 0, 0, 0, 255
    picture[80:83, 20:280] = 0, 114, 178, 255
    picture[100:180, 100:180] = 30, 40, 50, 255
    picture[100:180, 200:280] = 229, 231, 235, 255  # a pale band, with a letter
    picture[130:150, 238:241] = 0, 0, 0, 255
    return picture


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The sources of the small book."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "conf.py").write_text(CONFIGURATION)
    for name, text in PAGES.items():
        (folder / f"{name}.md").write_text(text)
    Image.fromarray(chart()).save(folder / "chart.png")
    return folder


def build(project, builder):
    trees, out = (project.with_name(f"{project.name}-{kind}-{builder}") for kind in ("trees", "out"))
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", builder, "-d", trees, project, out]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return out


@pytest.fixture(scope="module")
def pages(project):
    return build(project, "html")


@pytest.fixture
def open_page(browser, pages):
    contexts = []

    def open_(name, **options):
        options = {"viewport": {"width": 1000, "height": 800}, "offline": True, **options}
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(10_000)
        page = contexts[-1].new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto((pages / f"{name}.html").as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()


def test_each_chapter_has_its_quiz_before_the_exercises(pages):
    html = (pages / "osvos.html").read_text()
    titles = re.findall(r"<h2>(\w+)", html)
    assert titles == ["Summary", "Quiz", "Exercises"]
    for question in read_quiz("osvos"):
        assert question.ask.split("'")[0] in html
        assert question.because in html
    assert 'class="quiz"' not in (pages / "plain.html").read_text()


def test_a_directive_takes_the_place_of_the_section(pages):
    html = (pages / "metrics.html").read_text()
    assert "<h2>Quiz" not in html
    assert html.count('class="quiz-question"') == len(read_quiz("problem"))


def test_every_chapter_has_questions():
    assert all(quiz_file(name).is_file() for name in chapter_names())


@pytest.mark.parametrize("builder", ["epub", "latex"])
def test_on_paper_the_answers_stand_after_the_questions(project, builder):
    folder = build(project, builder)
    if builder == "epub":
        with zipfile.ZipFile(next(folder.glob("*.epub"))) as book:
            text = book.read("osvos.xhtml").decode()
            figure = next(name for name in book.namelist() if name.endswith("chart-white.png"))
            with Image.open(book.open(figure)) as image:
                assert image.mode == "RGB"
                assert image.getpixel((0, 0)) == (255, 255, 255)
    else:
        text = next(folder.glob("*.tex")).read_text()
    first, last = (read_quiz("osvos")[k] for k in (0, -1))
    places = [text.index(words) for words in (first.ask, last.ask, "Answers", first.because, last.because)]
    assert places == sorted(places)
    assert f"({LETTERS[first.right]})" in text
    assert "<details" not in text


def test_without_scripts_the_answers_are_folded(open_page):
    page = open_page("osvos", java_script_enabled=False)
    question = page.locator(".quiz-question").first
    assert question.locator("ol > li").first.is_visible()
    assert not question.get_by_text("is right.").is_visible()
    question.locator("summary").click()
    assert question.get_by_text("is right.").is_visible()
    assert page.locator("input[type=radio]").count() == 0


def test_a_reader_answers_and_is_told_why(open_page):
    page = open_page("osvos")
    for shown, question in zip(
        page.locator(".quiz-question fieldset").all(), read_quiz("osvos"), strict=True
    ):
        verdict = shown.get_by_role("status")
        shown.get_by_role("button", name="Check").click()
        assert verdict.inner_text() == "Choose an answer first."
        wrong = (question.right + 1) % len(question.choices)
        shown.get_by_role("radio").nth(wrong).check()
        assert verdict.inner_text() == ""
        shown.get_by_role("button", name="Check").click()
        assert verdict.inner_text() == f"Not this one. {question.why_not[wrong]}"
        name = f"({LETTERS[question.right]}) {question.choices[question.right]}"
        shown.get_by_role("radio", name=name, exact=True).check()
        page.keyboard.press("Enter")
        assert verdict.inner_text() == f"Right. {question.because}"
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.reload()
    assert page.locator("input:checked").count() == 0
    assert page.problems == []


def test_a_term_is_defined_where_it_stands(open_page):
    page = open_page("osvos")
    term, box = page.locator("a[data-definition]"), page.locator("#term-definition")
    term.hover()
    assert "What two masks share." in box.inner_text()
    page.keyboard.press("Escape")
    assert not box.is_visible()
    page.mouse.move(1, 1)
    while not term.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Tab")
    assert box.is_visible()
    assert term.get_attribute("aria-describedby") == box.get_attribute("id")
    page.keyboard.press("Escape")
    assert not box.is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#term-J")
    assert page.problems == []


def test_a_tap_on_a_term_stays_on_the_page(open_page):
    page = open_page("osvos", viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    box = page.locator("#term-definition")
    page.locator("a[data-definition]").tap()
    assert box.is_visible()
    assert page.url.endswith("osvos.html")
    place = box.bounding_box()
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
    page.locator("h1").first.tap()
    assert not box.is_visible()
    page.locator("a[data-definition]").tap()
    box.get_by_role("link", name="In the glossary").tap()
    page.wait_for_url("**/glossary.html#term-J")


def test_figures_have_a_version_for_dark_pages(open_page):
    page = open_page("osvos")
    shown = "images => images.filter(i => i.offsetParent).map(i => i.className)"
    assert page.eval_on_selector_all("[role=main] img", shown) == ["for-light"]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.eval_on_selector_all("[role=main] img", shown) == ["for-dark"]
    for image in page.locator("[role=main] img").all():
        assert (image.get_attribute("width"), image.get_attribute("height")) == ("300", "200")


def test_dark_figures_change_lines_and_keep_areas():
    spec = importlib.util.spec_from_file_location("figures", EXTENSIONS / "figures.py")
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    light = chart()
    dark = figures.on_dark(light)
    np.testing.assert_array_equal(dark[..., 3], light[..., 3])
    np.testing.assert_array_equal(dark[105:175, 105:175], light[105:175, 105:175])
    for line in (51, 100), (140, 239):  # what was black, on nothing and on the pale band
        assert (dark[*line, :3] > 200).all()
    assert (dark[110, 210, :3] < 90).all()
    red, green, blue = dark[81, 100, :3].astype(int)
    assert blue > green > red  # blue still, and lighter
    assert green > 114
    white = figures.on_white(light)
    assert white[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(white[51, 100], [0, 0, 0])


KERNEL = """
import base64, io, runpy, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
runpy.run_path(sys.argv[1])["start"]()
import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import configure_inline_support
configure_inline_support(shell, "inline")
from PIL import Image
from vostut.plot import use_style
use_style()
figure, ax = plt.subplots()
ax.plot([0, 1])
png = shell.display_formatter.formatters["image/png"](figure)
print(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA").getchannel("A").getextrema()[0])
"""


@pytest.mark.parametrize(("cells", "least"), [("cells.jsonl", 0), ("", 255)])
def test_only_the_books_kernels_draw_without_a_ground(tmp_path, cells, least):
    """In Colab, say, a figure keeps its white ground: nobody recolours it there for a dark page."""
    variables = {**os.environ, "VOSTUT_CELLS": cells and str(tmp_path / cells), "IPYTHONDIR": str(tmp_path)}
    command = [sys.executable, "-c", KERNEL, EXTENSIONS / "measure.py"]
    result = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=REPOSITORY)
    assert result.stdout.split()[-1:] == [str(least)], result.stderr


MOSAIC = (
    "<!doctype html><meta charset=utf-8><title>t</title><div class=landing><figure><picture>"
    '<source media="(prefers-reduced-motion: reduce)" srcset="data:image/gif;base64,R0lGODlhAQABAAAAACw=" />'
    '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" alt="moves" />'
    "</picture></figure></div><script>{script}</script>"
)


@pytest.mark.parametrize("less", ["no-preference", "reduce"])
def test_the_animation_can_be_stopped_and_is_for_who_asked(browser, tmp_path, less):
    script = (REPOSITORY / "book" / "_static" / "motion.js").read_text()
    (tmp_path / "page.html").write_text(MOSAIC.replace("{script}", script))
    context = browser.new_context(reduced_motion=less, offline=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    first, then = ("Play", "Pause") if less == "reduce" else ("Pause", "Play")
    seen = [page.locator("img").evaluate("i => i.currentSrc.length")]
    for word in (first, then):
        page.get_by_role("button", name=f"{word} the animation").click()
        seen.append(page.locator("img").evaluate("i => i.src.length"))
    context.close()
    moving, still = max(seen), min(seen)
    assert moving > still
    assert seen == ([still, moving, still] if less == "reduce" else [moving, still, moving])
