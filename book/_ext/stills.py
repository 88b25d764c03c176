"""Still pictures for books that run no scripts, epub and PDF, and tables that fit on paper.

What a cell shows as HTML (the players, the mask to paint, the first page's moving overlay) carries its own
still picture, for readers without scripts. Here that picture takes its place, with the caption and the
alternative text that it has on the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

PICTURE = re.compile(r'(?:src|srcset)="data:image/(?:webp|jpeg);base64,([A-Za-z0-9+/=]+)"')
ALT = re.compile(r'\balt="([^"]*)"')
CAPTION = re.compile(r"<figcaption[^>]*>(.*?)</figcaption>", re.DOTALL)
SHORT = 30
"""Rows that Sphinx sets as one block."""
WIDE = 24
TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


class StillPictures(SphinxPostTransform):
    """Put a still picture where a cell's output is a picture that moves or answers."""

    default_priority = 3  # before MyST-NB chooses among an output's formats
    formats = ("html", "latex")

    def run(self, **options: Any) -> None:
        """Look through one page."""
        if self.app.builder.name == "html":
            return
        for output in list(self.document.findall(_is_output)):
            raw = next((n for n in output.findall(nodes.raw) if "html" in n.get("format", "")), None)
            if raw is not None and (found := PICTURE.search(raw.astext())):
                output.replace_self(self._still(raw.astext(), found[1]))

    def _still(self, text: str, picture: str) -> nodes.Element:
        """The picture that some HTML carries, and its caption."""
        data = base64.b64decode(picture)
        folder = Path(self.app.outdir) / "stills"
        folder.mkdir(exist_ok=True)
        path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.jpg"
        if not path.exists():
            picture = Image.open(io.BytesIO(data)).convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            Image.alpha_composite(white, picture).convert("RGB").save(path, quality=88)
        image = nodes.image(uri=str(path), candidates={"*": str(path)}, width="100%")
        if alt := ALT.search(text):
            image["alt"] = html.unescape(alt[1])
        self.env.images.add_file(self.env.docname, str(path))
        words = html.unescape(TAG.sub("", caption[1])) if (caption := CAPTION.search(text)) else ""
        still = nodes.container("", image, nodes.paragraph("", words, classes=["caption"]), classes=["still"])
        if table := TABLE.search(text):
            still += nodes.raw("", table[0], format="html")
        return still


class LongTables(SphinxPostTransform):
    """Give the columns of a table over several pages their shares of the width: LaTeX then breaks lines."""

    default_priority = 600  # after MyST-NB has chosen
    formats = ("latex",)

    def run(self, **options: Any) -> None:
        """Look through the book."""
        for table in self.document.findall(nodes.table):
            rows = [[cell.astext() for cell in row] for row in table.findall(nodes.row)]
            if len(rows) <= SHORT or len({len(row) for row in rows}) != 1:
                continue
            table["classes"].append("colwidths-given")
            for spec, column in zip(table.findall(nodes.colspec), zip(*rows, strict=True), strict=True):
                words = max(len(word) for cell in column for word in cell.split() or [""])
                spec["colwidth"] = max(words, min(WIDE, max(map(len, column)))) + 2


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.attributes.get("nb_element") == "mime_bundle"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(StillPictures)
    app.add_post_transform(LongTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
