"""The epub, read as a reader's program reads it: by its list of files, as XML, without scripts."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree

import pytest

from course.source import chapter_names

pytestmark = [pytest.mark.book, pytest.mark.slow]
REPOSITORY = Path(__file__).resolve().parents[2]
XHTML = "{http://www.w3.org/1999/xhtml}"
MATH = "{http://www.w3.org/1998/Math/MathML}math"


@pytest.fixture(scope="module")
def epub(built_book) -> Path:
    """The file that ``make epub`` writes, from the chapters that were executed for the web pages."""
    result = subprocess.run(
        [sys.executable, "book/build.py", "epub"], cwd=REPOSITORY, capture_output=True, text=True, timeout=900
    )
    assert result.returncode == 0, f"{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
    return REPOSITORY / "_build" / "epub" / "vostut.epub"


@pytest.fixture(scope="module")
def pages(epub) -> dict[str, ElementTree.Element]:
    """Every page, parsed: an epub must be well-formed XML."""
    with zipfile.ZipFile(epub) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/epub+zip"
        names = [n for n in archive.namelist() if n.endswith(".xhtml")]
        return {n: ElementTree.fromstring(archive.read(n).replace(b"&nbsp;", b"&#160;")) for n in names}


def test_all_chapters_are_in_it(pages):
    assert {f"{name}.xhtml" for name in ("index", *chapter_names(), "glossary")} <= pages.keys()


def test_nothing_in_it_needs_a_script(pages):
    assert [n for n, page in pages.items() if page.find(f".//{XHTML}script") is not None] == []


def test_links_and_pictures_lead_to_files_of_the_epub(epub, pages):
    held = set(zipfile.ZipFile(epub).namelist())
    anchors = {n: {e.get("id") for e in page.iter() if e.get("id")} for n, page in pages.items()}
    for name, page in pages.items():
        for element in page.iter():
            link = element.get("href") or element.get("src")
            if link and not re.match(r"[a-z]+:", link):
                path, anchor = urldefrag(unquote(link))
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                assert target in held, f"{name}: {link}"
                assert not anchor or target not in anchors or anchor in anchors[target], f"{name}: {link}"


def test_players_became_pictures_with_words(pages):
    """Chapter 1 has a player, chapter 3 a mask to paint, chapter 5 a playground."""
    for name in ("problem", "metrics", "masktrack"):
        stills = [i for i in pages[f"{name}.xhtml"].iter(f"{XHTML}img") if "still" in (i.get("src") or "")]
        stills += [
            i
            for box in pages[f"{name}.xhtml"].iter(f"{XHTML}div")
            if "still" in (box.get("class") or "").split()
            for i in box.iter(f"{XHTML}img")
        ]
        assert stills, name
        assert all(len((i.get("alt") or "").split()) >= 5 for i in stills), name


def test_formulas_are_mathml_and_the_list_of_files_says_so(epub, pages):
    listing = zipfile.ZipFile(epub).read("content.opf").decode()
    with_formulas = {n for n, page in pages.items() if page.find(f".//{MATH}") is not None}
    assert {"metrics.xhtml", "osvos.xhtml", "masktrack.xhtml"} <= with_formulas
    for name in with_formulas:
        written = [e.text for e in pages[name].iter(f"{MATH.removesuffix('math')}mi")]
        assert "&" not in written, f"{name}: a formula of several lines is not set"
        assert f'href="{name}" properties="mathml"' in listing


def test_epubcheck_finds_nothing(epub):
    jar = shutil.which("epubcheck")
    if not (jar and shutil.which("java")):
        pytest.skip("epubcheck is not installed (Debian: apt install epubcheck)")
    result = subprocess.run(["java", "-jar", jar, str(epub)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
