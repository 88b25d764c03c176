"""The page "Try it" for everybody: by keyboard alone, on a phone, in the dark, without motion."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from accessible import serious_violations

CLIP = "horse-trot"
FOCUS = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent)"


@pytest.fixture
def in_the_book(tmp_path, short_assets):
    """The page of the built book, with the parts that belong to this state of the scripts."""
    built = Path(__file__).resolve().parents[2] / "_build" / "html"
    if not (built / "try-it.html").is_file():
        pytest.skip("the book is not built (make book)")
    html = (built / "try-it.html").read_text()
    html = html.replace("_static/tryit/assets/", f"{short_assets.as_uri()}/")
    (tmp_path / "try-it.html").write_text(html.replace('"_static/', f'"{built.as_uri()}/_static/'))
    return (tmp_path / "try-it.html").as_uri()


def tab_to(tool, name):
    """Press Tab until what has this name is in focus."""
    for _ in range(60):
        tool.page.keyboard.press("Tab")
        if tool.page.evaluate(FOCUS).startswith(name):
            return
    raise AssertionError(f"Tab does not lead to {name}")


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_nothing_serious_from_the_first_step_to_the_last(open_tool, in_the_book, scheme, width):
    size = {"width": width, "height": 900}
    tool = open_tool(address=in_the_book, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    assert tool.page.evaluate("document.documentElement.dataset.theme") == scheme
    tool.take(CLIP)
    tool.root.locator("summary").click()  # the keys
    tool.mark(0)
    tool.press("Segment the clip")
    tool.wait("trouble.includes('Nothing is marked')")
    assert serious_violations(tool.page, "#tryit") == {}
    tool.press("True mask")
    tool.press("MaskTrack")
    tool.press("Segment the clip")
    tool.wait("status.startsWith('Done') || trouble")
    assert tool.trouble() == ""
    assert serious_violations(tool.page, "#tryit") == {}
    assert tool.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 1
    right = "e => Math.max(...[...e.querySelectorAll('*')].map(x => x.getBoundingClientRect().right))"
    assert tool.root.evaluate(right) <= width + 1
    button = tool.page.get_by_role("button", name="Segment the clip")
    assert button.evaluate("b => getComputedStyle(b).transitionProperty") == "none"
    counter = tool.root.locator(".t-showing .v-counter")
    before = counter.inner_text()
    tool.page.wait_for_timeout(500)
    assert counter.inner_text() == before  # nothing plays by itself


def test_a_keyboard_is_enough(open_tool, short_assets, tmp_path):
    tool = open_tool(script=(short_assets / "page.js").as_uri())
    keys = tool.page.keyboard
    tab_to(tool, CLIP)
    keys.press("Enter")
    tool.wait("state.clip || trouble")
    for _ in range(3):  # past the other clips
        keys.press("Tab")
    chooser = tool.page.evaluate(
        "[document.activeElement.type, document.activeElement.parentElement.innerText]"
    )
    assert chooser == ["file", "choose a video"]
    seen = "getComputedStyle(document.activeElement.parentElement).outlineStyle"
    assert tool.page.evaluate(seen) == "solid"
    tab_to(tool, "Box")
    keys.press("Enter")
    tab_to(tool, "Clear")
    keys.press("Enter")
    assert tool.marked() == 0
    tab_to(tool, "Painting area")
    keys.press("Space")
    for _ in range(3):
        keys.press("Shift+ArrowLeft")
        keys.press("Shift+ArrowUp")
    keys.press("Space")
    marked = tool.marked()
    assert marked > 100
    keys.press("Control+z")
    assert tool.marked() == 0
    keys.press("Control+Shift+z")
    assert tool.marked() == marked
    tab_to(tool, "MaskTrack")
    keys.press("Enter")
    tab_to(tool, "Segment the clip")
    keys.press("Enter")
    tool.wait("state.running || trouble")
    assert tool.page.evaluate(FOCUS) == "Stop"
    tool.wait("status.startsWith('Done') || trouble")
    assert tool.trouble() == ""
    assert tool.page.evaluate(FOCUS) == "Segment the clip"
    tab_to(tool, "Save the masks (zip)")
    with tool.page.expect_download() as download:
        keys.press("Enter")
    download.value.save_as(tmp_path / "masks.zip")
    assert len(zipfile.ZipFile(tmp_path / "masks.zip").namelist()) == 4
    assert tool.page.problems == []
