"""The house keeps its shape: arrows point one way, files fit in the head, nothing private is committed."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = sorted((REPOSITORY / "vostut").rglob("*.py"))
CHAPTERS = sorted((REPOSITORY / "book").glob("*.md"))


def test_rooms_import_only_from_rooms_before_them():
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program], cwd=REPOSITORY, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            documentation = ast.get_docstring(node) or ""
            length = node.end_lineno - node.lineno + 1 - len(documentation.splitlines())
            assert length <= 45, node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_public_things_have_docstrings(path):
    tree = ast.parse(path.read_text())
    if path.stat().st_size:
        assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_few_things_are_classes_of_values():
    """What is only read is a named tuple; recipes, scores and plans are dataclasses."""
    found = [
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    ]
    assert 10 < len(found) <= 15, found


def test_importing_the_package_is_light():
    """Scoring masks must not load PyTorch, nor plotting, nor notebooks."""
    program = "import vostut.evaluation, sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"torch", "matplotlib", "IPython"} & set(result.stdout.split())


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.name)
def test_figures_have_captions_and_alternative_texts(path):
    text = path.read_text()
    assert not re.search(r"!\[\]\(", text)
    cells = re.findall(r"```\{code-cell\}.*?```", text, re.DOTALL)
    for cell in cells:
        if "plt.show()" in cell:
            assert "caption: |" in cell, cell[:200]
            alt = re.search(r"alt: >-\n(.*?)\n(?:tags|---)", cell, re.DOTALL)
            assert alt, cell[:200]
            words = alt.group(1).split()
            assert len(words) >= 12, "an alternative text says what the figure shows"
        if re.search(r"^(player|paint)\(", cell, re.MULTILINE):
            assert "alt=" in cell
            assert "caption=" in cell


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.name)
def test_shown_code_fits_the_page(path):
    """Code that is not folded away has lines of at most 88 characters."""
    for cell in re.findall(r"```\{code-cell\}.*?```", path.read_text(), re.DOTALL):
        if not re.search(r"hide-input|remove-input|remove-cell", cell):
            body = cell.split("\n---\n")[-1].splitlines()
            assert [line for line in body if len(line) > 88] == []


def test_citations_exist():
    keys = set(re.findall(r"@\w+\{(\w+),", (REPOSITORY / "book" / "references.bib").read_text()))
    cited = {
        key.strip()
        for path in CHAPTERS
        for group in re.findall(r"\{cite\}`([^`]+)`", path.read_text())
        for key in group.split(",")
    }
    assert cited <= keys
    from vostut.evaluation import OFFICIAL_VAL

    assert {row.key for row in OFFICIAL_VAL.values()} <= keys
