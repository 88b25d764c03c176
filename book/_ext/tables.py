"""Tables that a cell prints have a number and a caption, like those written in the text.

MyST-NB can give any output of a cell a name and a caption (``mystnb: figure:``), but calls all of them
figures. Where the output is a table, the name and the caption become the table's: it is called "Table 8.1",
and the caption stands above it.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
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


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at every page that is read."""
    app.add_transform(CaptionedTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
