"""The page "Try it" alone, in the system's Chromium, with the network cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "book" / "_static" / "tryit" / "assets"
PAGE = """<!doctype html><html lang="en"><title>Try it</title>
<meta name="viewport" content="width=device-width"><body>
<main><h1>Try it</h1><div id="tryit" class="vostut vostut-tryit"></div></main>
<script src="{}"></script>"""
PATIENCE = 180_000


class Tool:
    """The tool on a page, as a reader works it."""

    def __init__(self, page):
        self.page, self.root = page, page.locator("#tryit")

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def status(self):
        return self.page.locator(".t-status").inner_text()

    def trouble(self):
        return self.page.locator(".t-trouble").inner_text()

    def wait(self, condition):
        """Until a condition on ``status``, ``trouble`` and the tool's ``state`` holds."""
        self.page.wait_for_function(
            "condition => { const state = document.querySelector('#tryit').tryit.state, "
            "status = document.querySelector('.t-status').textContent, "
            "trouble = document.querySelector('.t-trouble').textContent; return "
            "new Function('state', 'status', 'trouble', 'return ' + condition)(state, status, trouble); }",
            arg=condition, timeout=PATIENCE,
        )  # fmt: skip

    def take(self, name):
        """One of the cutouts."""
        self.press(name)
        self.wait(f"state.clip?.name === '{name}' || trouble")

    def give(self, *files, pictures=False):
        """Files, as through the chooser: paths, or what Playwright takes instead."""
        self.root.locator("input[type=file]").nth(1 if pictures else 0).set_input_files(list(files))

    def mark(self, share):
        """Mark the upper part of frame 0: a share of its lines."""
        self.page.evaluate(
            "share => { const { state, setMask } = document.querySelector('#tryit').tryit, "
            "n = state.clip.width * state.clip.height; "
            "setMask(Array.from({ length: n }, (_, i) => Number(i < share * n))); }",
            share,
        )

    def state(self, expression):
        return self.page.evaluate(f"(state => {expression})(document.querySelector('#tryit').tryit.state)")


@pytest.fixture
def assets():
    """The folder with the page's parts."""
    if not (ASSETS / "key.txt").is_file():
        pytest.skip("the page's parts are not there (python book/tryit.py)")
    return ASSETS


@pytest.fixture
def page_of():
    """A page with the tool, from the address of its script."""
    return PAGE.format


@pytest.fixture
def open_tool(browser, assets, tmp_path):
    """Open the tool; ``script`` is the address of its script, by default that of the built one."""
    contexts = []

    def open_(script=None, address=None, **options):
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(script or (assets / "page.js").as_uri()))
        context = browser.new_context(
            **{"offline": True, "viewport": {"width": 900, "height": 1000}} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.problems, page.loaded = [], []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.loaded.append(request.url.split("/")[-1]))
        page.goto(address or path.as_uri())
        return Tool(page)

    yield open_
    for context in contexts:
        context.close()
