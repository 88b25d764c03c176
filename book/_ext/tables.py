"""Tables that a cell prints have a number and a caption, like those written in the text.

MyST-NB can give any output of a cell a name and a caption (``mystnb: figure:``), but calls all of them
figures. Where the output is a table, the name and the caption become the table's: it is called "Table 8.1",
and the caption stands above it. On pages that are no chapters, a letter takes the place of the chapter's
number: "Table B.1", so that no two tables of the book have the same name.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform


class CaptionedTables(SphinxTransform):
    """Figures that hold nothing but one table become tables with a title."""

    default_priority = 205  # before Sphinx looks for what can be referred to

    def apply(self, **options: Any) -> None:
        """Go through the page's figures."""
        for figure in list(self.document.findall(nodes.figure)):
            tables = list(figure.findall(nodes.table))
            captions = [node for node in figure.children if isinstance(node, nodes.caption)]
            if len(tables) != 1 or len(captions) != 1 or any(figure.findall(nodes.image)):
                continue
            table, caption = tables[0], captions[0]
            table.insert(0, nodes.title(caption.rawsource, "", *caption.children))
            for attribute in ("ids", "names"):
                table[attribute] += [value for value in figure[attribute] if value not in table[attribute]]
            for name in figure["names"]:
                self.document.nameids[name] = table["ids"][0]
            for key in figure["ids"]:
                self.document.ids[key] = table
            figure.replace_self(table)


def letter_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give the tables and figures of pages without a number a letter for each page, and count anew on each.

    Sphinx counts through all such pages, so the first table of an appendix would be "Table 6". The letters
    go by the order of the pages in the book.

    Returns:
        The pages whose numbers have changed.
    """
    lettered: list[str] = []
    for page, kinds in env.toc_fignumbers.items():
        for kind in ("figure", "table"):
            numbers = kinds.get(kind, {})
            if any(len(number) > 1 for number in numbers.values()):
                continue  # of a chapter
            if numbers and page not in lettered:
                lettered.append(page)
            for count, name in enumerate(numbers, 1):
                # Sphinx joins the parts of a number by dots, whatever they are.
                numbers[name] = (ascii_uppercase[lettered.index(page)], count)  # type: ignore[assignment]
    return lettered


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at every page that is read, and at the numbers of all."""
    app.add_transform(CaptionedTables)
    app.connect("env-get-updated", letter_pages, priority=900)  # after Sphinx has counted
    return {"parallel_read_safe": True, "parallel_write_safe": True}
