"""What a reader who cannot see, or cannot use a mouse, would miss; as axe finds it."""

from __future__ import annotations

import pytest


def serious_violations(page, within: str | None = None) -> dict[str, str]:
    """Rule and first offending element of every serious finding on a page, or within one element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    failures = {"resultTypes": ["violations"]}  # what passes is megabytes, and nobody reads it
    found = axe.run(page, context=within, options=failures).response["violations"]
    return {v["id"]: v["nodes"][0]["html"] for v in found if v["impact"] in ("serious", "critical")}
