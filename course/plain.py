"""From MyST to the Markdown that every notebook program shows.

Jupyter Book reads roles and directives; Colab and JupyterLab print them as they stand. This module says the
same in plain Markdown: numbers, citations, references, exercises, tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pybtex.database import BibliographyData, Entry

from course.source import Chapter

ROLE = re.compile(r"\{(glue:text|cite|numref|eq|term|ref|doc)\}`([^`]+)`")
LINK = re.compile(r"\]\(([a-z][\w-]*)\)")
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
COMMENT = re.compile(r"^% [^\n]*\n?", re.MULTILINE)
FENCE = re.compile(r"^(`{3,}|:{3,})\{([\w:-]+)\}[ ]*([^\n]*)\n(.*?)^\1[ ]*$", re.DOTALL | re.MULTILINE)
OPTION = re.compile(r"^:([\w-]+):[ ]*([^\n]*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Places:
    """Where the book's labels lead.

    Attributes:
        chapters: names of all chapters.
        home: the chapter of each label.
        words: what a numbered label is called: "Figure 3.2".
    """

    chapters: tuple[str, ...]
    home: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def find_places(chapters: Iterable[Chapter]) -> Places:
    """Look for all labels, and number the figures, tables and equations."""
    chapters = list(chapters)
    places = Places(tuple(chapter.name for chapter in chapters))
    for chapter in chapters:
        counts = {"Figure": 0, "Table": 0, "equation": 0}
        for kind, label in _labels(chapter):
            places.home[label] = chapter.name
            if kind in counts:
                counts[kind] += 1
                number = f"({counts[kind]})" if kind == "equation" else f"{chapter.number}.{counts[kind]}"
                places.words[label] = f"{kind} {number}"
    return places


def _labels(chapter: Chapter) -> Iterable[tuple[str, str]]:
    """Kind and label of all that can be referred to, in the order of the text."""
    for cell in chapter.cells:
        if cell.cell_type == "code":
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            if "name" in figure:
                yield "Table" if figure["name"].startswith("tab-") else "Figure", figure["name"]
            continue
        for match in LABEL.finditer(cell.source):
            yield "section", match[1]
        for _, directive, _, body in FENCE.findall(cell.source):
            options = dict(OPTION.findall(body))
            if directive in ("list-table", "table") and "name" in options:
                yield "Table", options["name"]
            elif directive == "math" and "label" in options:
                yield "equation", options["label"]
            elif directive == "exercise" and "label" in options:
                yield "exercise", options["label"]


@dataclass(frozen=True)
class Writer:
    """Writes the text of one chapter as plain Markdown.

    Attributes:
        chapter: its name.
        places: of all labels.
        values: what each ``glue`` role prints, by its whole content.
        library: of the citations.
        solutions: whether they are written.
    """

    chapter: str
    places: Places
    values: Mapping[str, str]
    library: BibliographyData
    solutions: bool = True

    def text(self, source: str) -> str:
        """Rewrite a cell of MyST."""
        whole = FENCE.sub(self._directive, COMMENT.sub("", source))
        whole = LABEL.sub(r'<a id="\1"></a>', whole)
        whole = ROLE.sub(self._role, whole)
        return LINK.sub(lambda match: f"]({self._link(match[1])})", whole).strip()

    def _link(self, label: str) -> str:
        if label in self.places.chapters:
            return f"{label}.ipynb"
        home = self.places.home.get(label)
        if home is None:
            return label
        return f"#{label}" if home == self.chapter else f"{home}.ipynb#{label}"

    def _role(self, match: re.Match[str]) -> str:
        role, content = match[1], match[2]
        if role == "glue:text":
            if content not in self.values:
                raise KeyError(f"{self.chapter}: no value for {content!r} (expected a built book)")
            return self.values[content]
        if role == "cite":
            return "(" + "; ".join(citation(self.library.entries[key]) for key in content.split(",")) + ")"
        if role == "term":
            return content.split("<")[0].strip()
        return self.places.words.get(content, content)

    def _directive(self, match: re.Match[str]) -> str:
        _, name, title, body = match.groups()
        options = dict(OPTION.findall(body))
        body = OPTION.sub("", body).strip()
        if name == "math":
            number = self.places.words.get(options.get("label", ""), "").removeprefix("equation ").strip("()")
            return f"$$\n{body}{f' {chr(92)}tag{{{number}}}' if number else ''}\n$$"
        if name == "exercise":
            return f"### Exercise: {title}\n\n{self.text(body)}"
        if name == "solution":
            return self._solution(body) if self.solutions else ""
        if name in ("list-table", "table"):
            number = self.places.words.get(options.get("name", ""), "Table")
            rows = _table(body) if name == "list-table" else self.text(body)
            return f"{rows}\n\n**{number}.** {self.text(title)}"
        quoted = "\n".join(f"> {line}".rstrip() for line in body.splitlines())
        return quoted if not title or name == "div" else f"> **{title}**\n>\n{quoted}"

    def _solution(self, body: str) -> str:
        return f"<details>\n<summary>Solution</summary>\n\n{self.text(body)}\n\n</details>"


def citation(entry: Entry) -> str:
    """Author and year: "Caelles et al., 2017"."""
    names = [" ".join(map(str, person.rich_last_names)) for person in entry.persons.get("author", [])]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{who}, {entry.fields['year']}"


def _table(body: str) -> str:
    """The rows of a list-table as a Markdown table; its first row is the head."""
    rows: list[list[str]] = []
    for line in body.splitlines():
        if match := re.match(r"^\* -[ ]?(.*)$", line):
            rows.append([match[1].strip()])
        elif match := re.match(r"^  -[ ]?(.*)$", line):
            rows[-1].append(match[1].strip())
        elif line.strip():
            rows[-1][-1] += " " + line.strip()
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)
