"""Slides: one deck a chapter, with its headings, figures and formulas, and its text as speaker notes.

A section's first sentence stands on its slide, which is usually the question that the section answers. A line
``% slide: ...`` in a chapter, which the book does not print, adds a statement to the slide of its section.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course.plain import FENCE, LABEL, Places, Writer
from course.source import ROOT, Chapter
from course.values import executed

SAID = re.compile(r"^% slide: (.+)$", re.MULTILINE)
SENTENCE = re.compile(r"^((?:.|\n(?!\n))+?[.?!:])(?=\s|$)")
PROGRAM = re.compile(r"^```\w+\n.*?^```$", re.DOTALL | re.MULTILINE)
SKIPPED = ("Exercises",)
ROWS = 14
"""Longer tables are not for a wall."""
CONF = """
extensions = ["myst_parser", "sphinx_revealjs"]
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "attrs_block"]
project = "vostut"
html_show_copyright = False
root_doc = "index"
revealjs_style_theme = "white"
revealjs_static_path = ["_static"]
revealjs_css_files = ["deck.css"]
revealjs_script_conf = {"hash": True, "slideNumber": True, "width": 1280, "height": 720, "margin": 0.06}
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
mathjax_path = "mathjax/tex-svg.js"
suppress_warnings = ["toc.not_included", "myst.header"]
"""


@dataclass
class Slide:
    """One slide.

    Attributes:
        title: of its section.
        body: pieces of MyST, one below the other.
        notes: what is said.
    """

    title: str
    body: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def deck(chapter: Chapter, writer: Writer, shown: Mapping[int, str]) -> str:
    """A chapter's slides, as MyST for sphinx-revealjs.

    Args:
        chapter: its source.
        writer: of its text.
        shown: what the code cells show, by their number: a figure or a table, as MyST.
    """
    slides = list(_slides(chapter, writer, shown))
    parts = [f"# {chapter.number} {chapter.title}", *slides[0].body, _notes(slides[0].notes)]
    for slide in slides[1:]:
        if slide.body:
            parts += [f"## {slide.title}", *slide.body, _notes(slide.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _slides(chapter: Chapter, writer: Writer, shown: Mapping[int, str]) -> Iterator[Slide]:
    """Each section's slide, and one more for each further figure or table."""
    slide, full, number = Slide(chapter.title), False, -1
    for cell in chapter.cells:
        if cell.cell_type == "code":
            number += 1
            if number in shown and slide.title not in SKIPPED:
                if full:
                    yield slide
                    slide = Slide(slide.title)
                slide.body.append(shown[number])
                full = True
            continue
        for heading, text in _sections(cell.source):
            if heading:
                yield slide
                slide, full = Slide(heading), False
            if slide.title not in SKIPPED:
                _say(slide, text, writer, bool(heading))
    yield slide


def _sections(source: str) -> Iterator[tuple[str, str]]:
    """A text cell's headings with the text below each; the first may have none."""
    parts = re.split(r"^#{2,3} (.+)$", re.sub(r"\A# .+\n", "", source), flags=re.MULTILINE)
    yield "", parts[0]
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _say(slide: Slide, text: str, writer: Writer, opens: bool) -> None:
    """Put what stands on a slide on it, and the rest into its notes."""
    plain = LABEL.sub("", PROGRAM.sub("", FENCE.sub("", SAID.sub("", text)))).strip()
    if slide.title == "Summary":
        slide.body.append(writer.text(plain))
        return
    for fence in FENCE.finditer(text):
        if fence[2] == "math" or (fence[2] == "div" and "chapter-card" in fence[3]):
            slide.body.append(writer.text(fence[0]))
    if opens and (first := SENTENCE.match(plain)):
        slide.body.insert(0, writer.text(" ".join(first[1].split())))
    slide.body += [f"- {writer.text(said)}" for said in SAID.findall(text)]
    if plain:
        slide.notes.append(writer.text(plain))


def _notes(notes: list[str]) -> str:
    text = "\n\n".join(notes)
    return f":::::{{revealjs-notes}}\n{text}\n:::::" if text else ""


def outputs(chapter: Chapter, writer: Writer, folder: Path) -> dict[int, str]:
    """What the code cells showed in the built book: figures, whose pictures are written, and tables."""
    found: dict[int, str] = {}
    drawn = [cell for cell in executed(chapter.name).cells if cell.cell_type == "code"]
    sources = [cell for cell in chapter.cells if cell.cell_type == "code"]
    for number, (source, cell) in enumerate(zip(sources, drawn, strict=True)):
        about = source.metadata.get("mystnb", {})
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "figure" in about and "image/png" in data:
                path = folder / f"{about['figure']['name']}.png"
                path.write_bytes(base64.b64decode(data["image/png"]))
                found[number] = _figure(about, path.name, writer)
            elif data.get("text/markdown", "").startswith("|") and data["text/markdown"].count("\n") < ROWS:
                found[number] = data["text/markdown"]
    return found


def _figure(about: Mapping[str, dict[str, str]], file: str, writer: Writer) -> str:
    alt = re.sub(r"[][]", "", " ".join(about["image"]["alt"].split()))
    caption = " ".join(writer.text(about["figure"]["caption"]).split())
    return f"![{alt}]({file})\n\n{{.caption}}\n{caption}"


def build_slides(
    chapters: list[Chapter], places: Places, values: Mapping[str, Mapping[str, str]], out: Path
) -> None:
    """Write the decks of all chapters as HTML that needs no network.

    Args:
        chapters: in order.
        places: of all labels of the book.
        values: of each chapter's ``glue`` roles.
        out: the folder for the decks.
    """
    from course.notebooks import library

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "_static").mkdir()
        (folder / "conf.py").write_text(CONF, encoding="utf-8")
        shutil.copy(Path(__file__).parent / "deck.css", folder / "_static")
        shutil.copytree(ROOT / "book" / "_static" / "vendor" / "mathjax", folder / "_static" / "mathjax")
        links = [f"- [{c.number} {c.title}]({c.name}.html)" for c in chapters]
        (folder / "index.md").write_text("# Slides\n\n" + "\n".join(links) + "\n", encoding="utf-8")
        for chapter in chapters:
            writer = Writer(chapter.name, places, values[chapter.name], library())
            text = deck(chapter, writer, outputs(chapter, writer, folder))
            (folder / f"{chapter.name}.md").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "revealjs", str(folder), str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"slides: {done.stderr[-3000:]}")
    for waste in (".doctrees", ".buildinfo", "objects.inv"):
        path = out / waste
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
