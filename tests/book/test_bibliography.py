"""The references: each leads somewhere, each is used, and text and list call it the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_file

REPOSITORY = Path(__file__).resolve().parents[2]
BOOK = REPOSITORY / "book"
LIBRARY = parse_file(BOOK / "references.bib").entries
FORMS = {
    "doi": re.compile(r"10\.\d{4,9}/[\w.()/-]+"),
    "eprint": re.compile(r"\d{4}\.\d{4,5}"),
    "url": re.compile(r"https://[\w.-]+\.[a-z]{2,}/\S*"),
}
CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def citations() -> set[str]:
    """All keys that the pages of the book cite."""
    texts = (page.read_text() for page in BOOK.rglob("*.md"))
    return {key.strip() for text in texts for keys in CITED.findall(text) for key in keys.split(",")}


@pytest.mark.parametrize("key", LIBRARY)
def test_an_entry_leads_to_its_article(key):
    """By a DOI, an arXiv number or an address, each of the right form and in a field that becomes a link."""
    fields = LIBRARY[key].fields
    assert FORMS.keys() & fields.keys(), f"{key}: no link (expected doi, eprint or url)"
    for name, form in FORMS.items():
        if name in fields:
            assert form.fullmatch(fields[name]), f"{key}: {name} = {fields[name]}"
    assert "note" not in fields, f"{key}: a note is not a link"
    assert LIBRARY[key].persons["author"]
    assert re.fullmatch(r"(19|20)\d\d", fields["year"])


def test_every_entry_is_cited_and_every_citation_has_an_entry():
    assert citations() == set(LIBRARY)


def test_no_article_stands_there_twice():
    for name in ("doi", "eprint", "title"):
        values = [entry.fields[name].lower() for entry in LIBRARY.values() if name in entry.fields]
        assert len(values) == len(set(values))


def test_the_list_and_the_text_use_one_label(tmp_path):
    """A page with two articles of one author and year, built as the book is, warnings being errors."""
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text())["sphinx"]["config"]
    styles = {name: value for name, value in config.items() if name.startswith("bibtex")}
    lines = [
        f"import sys; sys.path.insert(0, {str(BOOK / '_ext')!r})",
        "extensions = ['sphinxcontrib.bibtex', 'author_year']",
        f"bibtex_bibfiles = [{str(BOOK / 'references.bib')!r}]",
        *(f"{name} = {value!r}" for name, value in styles.items()),
    ]
    (tmp_path / "conf.py").write_text("\n".join(lines))
    text = "T\n=\n:cite:`voigtlaender2017onavos,voigtlaender2017challenge` :cite:`caelles2017osvos`\n"
    (tmp_path / "index.rst").write_text(text + "\n.. bibliography::\n   :all:\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "text", str(tmp_path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.txt").read_text()
    for label in ("Voigtlaender and Leibe, 2017a", "Voigtlaender and Leibe, 2017b", "Caelles et al., 2017"):
        assert page.count(label) == 2
    assert len(re.findall(r"^\[[^\]]+, \d{4}[a-z]?\]", page, re.MULTILINE)) >= len(LIBRARY)


@pytest.mark.book
def test_every_reference_of_the_built_book_is_a_link(built_book):
    html = (built_book / "bibliography.html").read_text()
    entries = re.findall(r'<div class="citation".*?</div>', html, re.DOTALL)
    assert len(entries) == len(LIBRARY)
    for entry in entries:
        assert re.search(r'class="[^"]*reference external" href="https://', entry), entry
        assert re.search(r"</span>[^<]*, \d{4}[a-z]?<span", entry)
