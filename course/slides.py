"""Slides: one deck a chapter, with its headings, figures and formulas, and its text as speaker notes.

A section's first sentence stands on its slide, which is usually the question that the section answers. A
short list, a table and a command of the section stand there, too; where nothing does, some more sentences. A
line ``% slide: ...`` in a chapter, which the book does not print, adds a statement to the slide of its
section. The whole text is in the speaker's notes, and what a figure shows.
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
from course.values import executed, is_built

SAID = re.compile(r"^% slide: (.+)$", re.MULTILINE)
SENTENCE = re.compile(r".+?(?:[.?!](?=\s|$)|:$)")
ALT = re.compile(r"^!\[(.+)\]\(")
PROGRAM = re.compile(r"^```\w+\n.*?^```$", re.DOTALL | re.MULTILINE)
LIST = re.compile(r"^(?:(?:[-*]|\d+\.) .+\n?(?:^ {2,}\S.*\n?)*)+", re.MULTILINE)
ITEM = re.compile(r"^([-*]|\d+\.) ", re.MULTILINE)
BOLD = re.compile(r"(\*\*.+?\*\*)(?!\*)", re.DOTALL)
TAG = re.compile(r" \\tag\{\d+\}")
SKIPPED = ("Exercises",)
ROWS = 14
"""Longer tables are not for a wall."""
WORDS = 420
"""Characters of a list that can be read from a distance."""
OPENING = 260
"""Characters of a slide that has nothing but sentences."""
BESIDE = 60
"""Characters of the sentences above something else."""
CONF = """
extensions = ["myst_parser", "sphinx_revealjs"]
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence", "attrs_block"]
project = "vostut"
html_show_copyright = False
root_doc = "index"
revealjs_style_theme = "white"
revealjs_static_path = ["_static"]
revealjs_css_files = ["deck.css"]
revealjs_script_conf = {"hash": True, "slideNumber": True, "width": 1280, "height": 720, "margin": 0.06,
  "controls": False, "center": False}
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
mathjax_path = "mathjax/tex-svg.js"
suppress_warnings = ["toc.not_included", "myst.header"]
"""


@dataclass
class Slide:
    """One slide.

    Attributes:
        title: of its section.
        opening: how the section begins, in plain Markdown.
        body: pieces of MyST, one below the other.
        notes: what is said.
    """

    title: str
    opening: str = ""
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
        if slide.opening or slide.body:
            opening = sentences(slide.opening, alone=not slide.body)
            parts += [f"## {slide.title}", writer.text(opening), *slide.body, _notes(slide.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def sentences(text: str, alone: bool) -> str:
    """The first sentences of a text, and one at least; more of them where nothing else stands on the slide.

    >>> sentences("A paper states a number. You run something. You get another one, and wonder why.", False)
    'A paper states a number. You run something.'
    """
    first, *others = SENTENCE.findall(text) or [text]
    for other in others:
        if len(first) + len(other) > (OPENING if alone else BESIDE):
            break
        first += other
    if alone and others and first.endswith(":"):  # what the colon announces is not on the slide
        first = first[: first.rfind(SENTENCE.findall(first)[-1])]
    return first.strip()


def _slides(chapter: Chapter, writer: Writer, shown: Mapping[int, str]) -> Iterator[Slide]:
    """Each section's slide, and one more for each further figure, table, list or command."""
    slide, full, number = Slide(chapter.title), False, -1
    for cell in chapter.cells:
        if cell.cell_type == "code":
            number += 1
            parts: list[tuple[str, str | list[str]]] = [("", [shown[number]])] if number in shown else []
        else:
            parts = [(heading, text) for heading, text in _sections(cell.source)]
        for heading, content in parts:
            if heading:
                yield slide
                slide, full = Slide(heading), False
            if slide.title in SKIPPED:
                continue
            pieces = content if isinstance(content, list) else _say(slide, content, writer, bool(heading))
            for piece in pieces:
                small = piece.startswith("```")
                if full and small:  # commands stand on a slide with the text that explains them
                    continue
                if full:
                    yield slide
                    slide = Slide(slide.title)
                slide.body.append(piece)
                slide.notes += [f"The figure: {alt}" for alt in ALT.findall(piece)]
                full = not small
    yield slide


def _sections(source: str) -> Iterator[tuple[str, str]]:
    """A text cell's headings with the text below each; the first may have none."""
    parts = re.split(r"^#{2,3} (.+)$", re.sub(r"\A# .+\n", "", source), flags=re.MULTILINE)
    yield "", parts[0]
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _say(slide: Slide, text: str, writer: Writer, opens: bool) -> list[str]:
    """Put what stands on a slide on it, and the text into its notes; give what may need another slide."""
    plain = LABEL.sub("", PROGRAM.sub("", FENCE.sub("", SAID.sub("", text)))).strip()
    if slide.title == "Summary":
        slide.body.append(writer.text(plain))
        return []
    tall = []  # formulas of several lines leave no room for a figure
    for fence in FENCE.finditer(text):
        if fence[2] == "math" or (fence[2] == "div" and "chapter-card" in fence[3]):
            (tall if r"\\" in fence[0] else slide.body).append(TAG.sub("", writer.text(fence[0])))
    if opens and plain and not ITEM.match(plain):
        slide.opening = " ".join(plain.split("\n\n")[0].split())
    slide.body += [f"- {writer.text(said)}" for said in SAID.findall(text)]
    if plain:
        slide.notes.append(writer.text(plain))
    return tall + _pieces(text, writer)


def _pieces(text: str, writer: Writer) -> list[str]:
    """The tables, short lists and commands of a text, in its order."""
    found, taken = {}, set()
    for fence in FENCE.finditer(text):
        taken |= set(range(*fence.span()))
        if fence[2] in ("table", "list-table") and len(rows := writer.text(fence[0]).splitlines()) < ROWS + 2:
            found[fence.start()] = "\n".join([*rows[:-1], "{.caption}", rows[-1]])
    for program in PROGRAM.finditer(text):
        if program.start() not in taken and program[0].startswith(("```bash", "```text")):
            found[program.start()] = program[0]
        taken |= set(range(*program.span()))
    for points in LIST.finditer(text):
        if points.start() not in taken and (short := _points(points[0])):
            found[points.start()] = writer.text(short)
    return [found[place] for place in sorted(found)]


def _points(points: str) -> str:
    """A list, if it is short; of a longer one what is bold at the beginning of each item, if that is."""
    items = [item.strip() for item in ITEM.split(points)[2::2]]
    marks = ITEM.findall(points)
    if len(points) > WORDS:
        items = [match[1] if (match := BOLD.match(item)) else item for item in items]
    short = "\n".join(f"{mark} {' '.join(item.split())}" for mark, item in zip(marks, items, strict=True))
    return short if len(items) > 1 and len(short) <= WORDS else ""


def _notes(notes: list[str]) -> str:
    text = "\n\n".join(notes)
    return f":::::{{revealjs-notes}}\n{text}\n:::::" if text else ""


def outputs(chapter: Chapter, writer: Writer, folder: Path) -> dict[int, str]:
    """What the code cells showed in the built book: figures, whose pictures are written, and tables.

    Raises:
        KeyError: the chapter has changed since.
    """
    if not is_built(chapter):
        raise KeyError(f"{chapter.name}: has other cells than the built book (run make book)")
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
                found[number] = data["text/markdown"] + _caption(about, writer)
    return found


def _figure(about: Mapping[str, dict[str, str]], file: str, writer: Writer) -> str:
    alt = re.sub(r"[][]", "", " ".join(about["image"]["alt"].split()))
    return f"![{alt}]({file})" + _caption(about, writer)


def _caption(about: Mapping[str, dict[str, str]], writer: Writer) -> str:
    caption = " ".join(writer.text(about.get("figure", {}).get("caption", "")).split())
    return f"\n\n{{.caption}}\n{caption}" if caption else ""


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
