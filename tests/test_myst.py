"""One chapter, with its widget, by Jupyter Book 2: what the way out of Jupyter Book 1 looks like today."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from installing import install
from nbclient import NotebookClient
from nbformat.v4 import new_markdown_cell, new_notebook

from course.notebooks import path_of
from course.source import BOOK, read_chapter
from vostut.plot.embed import script, stylesheet

CHAPTER = "metrics"
PROJECT = f"""\
version: 1
project:
  title: One chapter
  bibliography: [references.bib]
  toc: [{{file: {CHAPTER}.ipynb}}]
site:
  template: book-theme
"""
WIDGET = re.compile(
    r'<script type="application/json" class="vostut-data">(.*?)</script>\s*<figcaption>(.*?)</figcaption>',
    re.DOTALL,
)
ROLE = re.compile(r"\{glue:text\}`([^`]*)`")
SHOW = """<!doctype html><html lang="en"><title>MyST</title><div id="page"></div><script type="module">
const values = %s, listeners = {}, root = document.querySelector("#page").attachShadow({ mode: "open" });
const model = { get: (name) => values[name], set(name, value) { values[name] = value; }, save_changes() {},
  on: (name, f) => { listeners[name] = f; }, off() {} };
root.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "%s" }));
const el = root.appendChild(document.createElement("div"));
(await import("%s")).default.render({ model, el });</script>"""


@pytest.fixture(scope="module")
def jupyter_book_2(tmp_path_factory):
    """Its command; a single JavaScript file, which comes in a wheel and runs on Node."""
    if (node := shutil.which("node")) is None:
        pytest.skip("no node on the PATH")
    folder = tmp_path_factory.mktemp("jb2")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder]
    install([*pip, "jupyter-book>=2.1.7,<3"])
    return [node, folder / "jupyter_book" / "dist" / "jupyter-book.cjs"]


@pytest.fixture(scope="module")
def executed():
    """The chapter with its outputs."""
    notebook = new_notebook(cells=read_chapter(CHAPTER).cells)
    NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": BOOK}}
    ).execute()
    return notebook


def for_myst(notebook):
    """The chapter as Jupyter Book 2 reads it: numbers for ``glue`` roles, ``{anywidget}`` for the tool."""
    values = nbformat.read(path_of(CHAPTER), as_version=4).metadata["vostut"]["values"]
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cells.append(new_markdown_cell(ROLE.sub(lambda found: values[found[1]], cell.source)))
            continue
        cells.append(cell)
        for output in cell.outputs:
            for payload, caption in WIDGET.findall(output.get("data", {}).get("text/html", "")):
                model = json.dumps({"payload": payload, "caption": html.unescape(caption), "width": 640})
                cells[-1] = new_markdown_cell(f"```{{anywidget}} paint.mjs\n:css: paint.css\n{model}\n```")
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture(scope="module")
def site(jupyter_book_2, executed, tmp_path_factory):
    """What Jupyter Book 2 makes of the chapter before a theme shows it, and what it says on the way."""
    folder = tmp_path_factory.mktemp("myst")
    (folder / "myst.yml").write_text(PROJECT)
    (folder / "paint.mjs").write_text(script("paint.js"))
    (folder / "paint.css").write_text(stylesheet())
    shutil.copy(BOOK / "references.bib", folder)
    nbformat.write(for_myst(executed), folder / f"{CHAPTER}.ipynb")
    command = [*jupyter_book_2, "build", "--site", "--ci"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    (page,) = (folder / "_build/site/content").glob("*.json")
    return folder / "_build/site/public", json.loads(page.read_text()), done.stdout + done.stderr


def nodes(tree, kind):
    """All nodes of a kind."""
    if isinstance(tree, dict):
        if tree.get("type") == kind:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from nodes(branch, kind)


def public(url):
    """The name of a file in the folder that the site serves."""
    return Path(url).name


@pytest.mark.slow
def test_jupyter_book_2_understands_the_chapter(site, executed):
    _, page, said = site
    assert not re.findall("⛔.* unknown (?:role|directive).*", said)
    tree = page["mdast"]
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(list(nodes(tree, "heading"))) > 10
    assert len(list(nodes(tree, "math"))) >= 2
    assert len(list(nodes(tree, "exercise"))) == len(list(nodes(tree, "solution"))) == 5
    assert len(list(nodes(tree, "anywidget"))) == 1
    assert len(list(nodes(tree, "outputs"))) >= len(code) // 2
    assert {cite["identifier"] for cite in nodes(tree, "cite")} <= page["references"]["cite"]["data"].keys()
    assert not [cite for cite in nodes(tree, "cite") if cite.get("error")]


@pytest.mark.slow
def test_the_painting_tool_works_in_a_static_page(site, browser):
    """Started as any host of anywidget starts it, from what the site serves, and without a kernel."""
    folder, page, _ = site
    (widget,) = nodes(page["mdast"], "anywidget")
    text = SHOW % (json.dumps(widget["model"]), widget["css"], widget["esm"])
    kinds = {".mjs": "text/javascript", ".css": "text/css"}

    def serve(route):
        name = public(route.request.url)
        if name in (public(widget["esm"]), public(widget["css"])):
            body = (folder / name).read_text(encoding="utf-8")
            route.fulfill(body=body, content_type=kinds[Path(name).suffix])
        else:
            route.fulfill(body=text, content_type="text/html")

    view = browser.new_page()
    problems = []
    view.on("pageerror", lambda error: problems.append(str(error)))
    view.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    view.route("http://book/**", serve)
    view.goto("http://book/")
    view.wait_for_selector(".vostut-paint canvas")
    root = view.locator(".vostut-paint")
    before = root.evaluate("e => e.vostut.scores()")
    assert 0 < before["F"] < before["J"] < 1
    root.get_by_role("button", name="Ground truth").click()
    assert root.evaluate("e => e.vostut.scores()") == pytest.approx({"J": 1, "F": 1, "P": 1, "R": 1})
    assert problems == []
    view.close()
