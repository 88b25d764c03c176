"""Terms that explain themselves: their links show the definition when they are pointed at or focused."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PAGE = "glossary"
LINK = re.compile(r'<a class="reference internal" href="[^"#]*(?:#|glossary\.html#)(term-[\w-]+)"')


@cache
def _definitions(app: Sphinx) -> dict[str, str]:
    """The first paragraph of each definition, by the anchor of its term."""
    found = {}
    for item in app.env.get_doctree(PAGE).findall(nodes.definition_list_item):
        text = next(iter(item.findall(nodes.paragraph))).astext()
        for term in item.findall(nodes.term):
            for anchor in term["ids"]:
                found[anchor] = " ".join(text.split())
    return found


def define(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Write the definition of each linked term into its link."""
    if page == PAGE or "body" not in context:
        return
    definitions = _definitions(app)

    def with_definition(match: re.Match[str]) -> str:
        words = definitions.get(match[1])
        return f'{match[0]} data-definition="{html.escape(words)}"' if words else match[0]

    context["body"] = LINK.sub(with_definition, context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", define)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
