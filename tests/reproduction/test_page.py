"""The report of a reproduction, as Markdown and as HTML."""

import sys

import pytest

from vostut.reproduction.page import write_page


def make_row(name: str, method: str, note: str, j: float | None = 0.5) -> dict:
    sequences = {"blackswan": {"J": {"mean": 0.8}}} | ({"bmx-trees": {"J": {"mean": j}}} if j else {})
    score = {"J": {"mean": 0.65}, "F": {"mean": 0.7}, "T": None, "sequences": sequences}
    return {
        "name": name,
        "method": method,
        "note": note,
        "data": "DAVIS-2016 val",
        "score": score,
        "seconds": {"all videos": 90},
    }


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Written where only the package's own dependencies are installed."""
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    rows = [
        make_row("mine", "OSVOS", "Lite, <quick> & small"),
        make_row("copy", "copy", "first mask", j=None),
    ]
    return write_page(rows, ["bear: broken <frame>"], "vostut reproduce --out a&b", tmp_path)


def test_markdown(report):
    text = report[0].read_text()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "# Reproduction on DAVIS-2016 val"
    assert "`vostut reproduce --out a&b`" in lines
    assert "| **OSVOS, published** | 20 | 79.8 | 80.6 | 37.8 | |" in lines
    assert "| Lite, <quick> & small | 2 | 65.0 | 70.0 | | 1.5 |" in lines
    assert "## 1 failed" in lines
    assert "- bear: broken <frame>" in lines
    assert "| bmx-trees | 50.0 | |" in lines
    assert "data:image/png;base64," in text


def test_html_needs_no_markdown_package(report):
    text = report[1].read_text()
    for part in (
        "<title>Reproduction on DAVIS-2016 val</title>",
        "<h1>Reproduction on DAVIS-2016 val</h1>",
        "<code>vostut reproduce --out a&amp;b</code>",
        "<strong>OSVOS, published</strong>",
        "Lite, &lt;quick&gt; &amp; small",
        "<h2>1 failed</h2>",
        "<li>bear: broken &lt;frame&gt;</li>",
        'alt="Mean J of each video, for each method"',
        "bmx-trees",
    ):
        assert part in text
    assert text.count("<table>") == 2


def test_a_report_of_nothing(tmp_path):
    for path in write_page([], ["no run: stopped"], "vostut reproduce", tmp_path):
        text = path.read_text()
        assert "Reproduction on nothing" in text
        assert "no run: stopped" in text
