"""The epub: formulas that need no script, pages that hold what an epub may hold.

Readers of an epub draw MathML themselves, and most of them run no scripts. The web pages' scripts and styles
are left out, and a few things are mended that browsers forgive and epubcheck does not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

STYLES = {"epub.css", "pygments.css"}
PICTURES = {"file.png", "minus.png", "plus.png"}
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
SUMMARY = re.compile(r"<summary[^>]*>.*?</summary>", re.DOTALL)
HIDE = re.compile(r"\bHide code cell (?:source|output|content)\b|</?p[^>]*>")
REPEATED = re.compile(r' id="(?:exercise|solution)-content"')
PAGE = re.compile(r'href="([^":#]+)\.html(#[^"]*)?"')
AMPERSAND = re.compile(r"&(?!#?\w+;)")


class Book(Epub3Builder):
    """Sphinx's epub, without the web pages' scripts and styles.

    Its list of files says which of them hold formulas: readers ask for that.
    """

    def build_content(self) -> None:
        """Write the list of files."""
        static = (Path(self.outdir) / "_static").rglob("*")
        kept_out = [p for p in static if p.is_file() and p.name not in STYLES | PICTURES]
        self.config.epub_exclude_files = [p.relative_to(self.outdir).as_posix() for p in kept_out]
        super().build_content()

    def build_epub(self) -> None:
        """Complete the list, then put everything into one file."""
        listing = Path(self.outdir) / "content.opf"
        text = listing.read_text(encoding="utf-8")
        for page in sorted(Path(self.outdir).rglob("*.xhtml")):
            if "<math" in page.read_text(encoding="utf-8"):
                name = page.relative_to(self.outdir).as_posix()
                text = text.replace(f'href="{name}"', f'href="{name}" properties="mathml"', 1)
        listing.write_text(text, encoding="utf-8")
        super().build_epub()


def inline_formula(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line."""
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def formula(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on a line of its own, with its number."""
    anchor = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    number = (
        f'<span class="eqno">({get_node_equation_number(self, node)})</span>' if node.get("number") else ""
    )
    code = node.astext()
    code = code.replace("{aligned}", "{split}")  # the same to look at, and known to latex2mathml
    if r"\\" in code and r"\begin" not in code:
        code = rf"\begin{{split}}{code}\end{{split}}"
    self.body.append(f'<div class="math"{anchor}>{convert(code, display="block")}{number}</div>')
    raise nodes.SkipNode


def tidy(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out what an epub may not hold."""
    if app.builder.name != "epub":
        return
    context["script_files"] = []
    context["css_files"] = [
        style
        for style in context.get("css_files", [])
        if Path(getattr(style, "filename", style)).name in STYLES
    ]
    if "body" in context:
        body = SCRIPT.sub("", context["body"])
        body = SUMMARY.sub(lambda found: HIDE.sub("", found[0]), body)
        body = PAGE.sub(lambda found: f'href="{found[1]}.xhtml{found[2] or ""}"', REPEATED.sub("", body))
        context["body"] = AMPERSAND.sub("&amp;", body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; the formulas under the name ``mathml``."""
    app.add_builder(Book, override=True)
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
    app.connect("html-page-context", tidy, priority=960)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
