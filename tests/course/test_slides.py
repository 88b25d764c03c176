"""Every slide of every deck in a browser: all of it is on the slide, formulas and pictures too."""

from __future__ import annotations

import nbformat
import pytest

from course.notebooks import all_chapters, path_of
from course.slides import build_slides, sentences
from course.source import ROOT, chapter_names
from course.values import is_built

pytestmark = pytest.mark.book
TOLERANCE = 2
"""Pixels of a slide of 1280 x 720 by which a rounded edge may stand out."""
PATIENCE = 120_000
LOOK = """async () => {
  const slide = Reveal.getCurrentSlide();
  const area = document.querySelector('.reveal .slides').getBoundingClientRect();
  await Promise.all([...slide.querySelectorAll('img')].map(picture => picture.decode()));
  const outside = [];
  for (const element of slide.querySelectorAll('*')) {
    if (element.closest('aside.notes, mjx-assistive-mml')) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const across = [area.left - box.left, box.right - area.right];
    const sides = [...across, area.top - box.top, box.bottom - area.bottom];
    if (Math.max(...sides) * 720 / area.height > TOLERANCE)
      outside.push(`${element.tagName}: ${element.textContent.slice(0, 60)}`);
  }
  return {
    title: slide.querySelector('h1, h2').textContent,
    shown: slide.querySelectorAll(':scope > :not(h1, h2, aside)').length,
    notes: slide.querySelector('aside.notes')?.textContent ?? '',
    broken: slide.querySelectorAll('mjx-merror, [data-mjx-error]').length,
    outside,
  };
}""".replace("TOLERANCE", str(TOLERANCE))


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The folder with the decks, from the book as it was built; none of a chapter that has changed."""
    if not (ROOT / "_build" / ".jupyter_cache").is_dir():
        pytest.skip("the book is not built (make book)")
    chapters, places = all_chapters()
    chapters = [chapter for chapter in chapters if is_built(chapter)]
    books = {chapter.name: nbformat.read(path_of(chapter.name), as_version=4) for chapter in chapters}
    values = {name: notebook.metadata["vostut"]["values"] for name, notebook in books.items()}
    folder = tmp_path_factory.mktemp("slides")
    build_slides(chapters, places, values, folder)
    return folder


def slides_of(page):
    """What each slide of the open deck shows, one after the other."""
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate("Reveal.configure({transition: 'none'})")
    page.wait_for_function("!document.querySelector('.math') || document.querySelector('mjx-container svg')")
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        if number:
            page.evaluate("Reveal.next()")
        yield page.evaluate(LOOK)


@pytest.mark.parametrize("name", ["index", *chapter_names()])
def test_nothing_stands_out_of_a_slide(name, decks, browser):
    if not (decks / f"{name}.html").is_file():
        pytest.skip(f"{name}.md has changed since the book was built (make book)")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    context.set_default_timeout(PATIENCE)
    page, problems = context.new_page(), []
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((decks / f"{name}.html").as_uri(), wait_until="load")
    slides = list(slides_of(page))
    context.close()
    assert problems == []
    assert len(slides) >= (1 if name == "index" else 8)
    assert [(slide["title"], slide["outside"]) for slide in slides if slide["outside"]] == []
    assert [slide["title"] for slide in slides if slide["broken"] or not slide["shown"]] == []
    titles = [slide["title"] for slide in slides]
    silent = [title for k, title in enumerate(titles) if not slides[k]["notes"] and title not in titles[:k]]
    assert set(silent) <= {titles[0], "Summary"}


def test_a_slide_opens_with_whole_sentences():
    text = "A paper states a number. You have its description, perhaps its code. What now? Two things:"
    assert sentences(text, alone=False) == "A paper states a number."
    assert sentences(text, alone=True) == text.removesuffix(" Two things:")
    assert sentences("Short. And short again. But this one is longer than the rest together.", False) == (
        "Short. And short again."
    )
    assert sentences("No end", alone=False) == "No end"
