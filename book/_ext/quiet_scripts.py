"""Leave out scripts that the pages do not use, load every other one once, and mend what is left.

The theme brings Thebe, which would fetch a live kernel's client from a server, and on a second build some
scripts are listed twice, which a browser reports as an error. Jupyter Book puts every script below
``_static`` on every page; those of *Try it* are megabytes, and that page loads them when they are needed.
Docutils calls the bibliography a list without list items, and sphinx-codeautolink puts a link into a button,
which leaves screen readers at a loss.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

BOOK = Path(__file__).resolve().parents[1]
OF_ONE_PAGE = "_static/tryit/"
USES = re.compile(r"<summary>Expand for references to .*?</summary>", re.DOTALL)


def tidy(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Filter the list of scripts of one page."""
    seen, kept = set(), []
    for script in context.get("script_files", []):
        body = (getattr(script, "attributes", None) or {}).get("body") or ""
        mark = (str(getattr(script, "filename", script)), body)
        if mark in seen or "thebe" in (mark[0] + body).lower() or OF_ONE_PAGE in mark[0]:
            continue
        seen.add(mark)
        kept.append(script)
    context["script_files"] = kept
    if not (BOOK / f"{page}.ipynb").exists():  # nothing that Colab or Binder could open
        buttons = context.get("header_buttons", [])
        context["header_buttons"] = [b for b in buttons if b.get("label") != "launch-buttons"]
    if "body" in context:
        body = context["body"].replace('<div role="list" class="citation-list">', "<div>")
        context["body"] = USES.sub("<summary>Where the book uses it</summary>", body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, after everyone who adds scripts."""
    app.connect("html-page-context", tidy, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
