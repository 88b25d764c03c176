"""Text is read and written as UTF-8 on every system: Windows has another encoding of its own."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = ("vostut", "book", "course", "data_scripts", "benchmarks")
FILES = [p for folder in FOLDERS for p in (REPOSITORY / folder).rglob("*.py") if "_build" not in p.parts]


def without_encoding(program: str) -> list[int]:
    """Lines that call ``read_text``, ``write_text`` or ``open`` for text, and do not say the encoding."""
    found = []
    for call in (node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)):
        if any(keyword.arg == "encoding" for keyword in call.keywords):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in ("read_text", "write_text") or (
            isinstance(call.func, ast.Name) and name == "open" and _text(call)
        ):
            found.append(call.lineno)
    return found


def _text(call: ast.Call) -> bool:
    mode = next(
        (k.value for k in call.keywords if k.arg == "mode"), call.args[1] if len(call.args) > 1 else None
    )
    return mode is None or (isinstance(mode, ast.Constant) and "b" not in mode.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_text_is_utf_8_everywhere(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


def test_calls_without_an_encoding_are_found():
    assert without_encoding("a.read_text()\nopen(b)\nopen(c, 'rb')\nopen(d, 'w', encoding='utf-8')") == [1, 2]
