"""What a reader who cannot see, cannot use a mouse, or has scripts switched off gets."""

from __future__ import annotations

import pytest

from course.source import chapter_names

axe_playwright_python = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.book
PAGES = (
    *("index", "how-to-use", *chapter_names(), "teaching", "glossary", "notation"),
    *("api/index", "api/metrics", "api/commands", "bibliography", "status"),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_violation(browser, built_book, name, scheme):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True, color_scheme=scheme)
    page = context.new_page()
    page.goto((built_book / f"{name}.html").as_uri(), wait_until="load")
    page.wait_for_timeout(300)
    found = axe_playwright_python.Axe().run(page).response["violations"]
    serious = {v["id"]: v["nodes"][0]["html"] for v in found if v["impact"] in ("serious", "critical")}
    context.close()
    assert serious == {}
