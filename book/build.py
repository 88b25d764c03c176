"""Build the book: ``make book``, ``make epub`` and ``make pdf`` call this.

Jupyter Book does the work. Five things are added, each against a known trap:

* a chapter that fails, or any warning, fails the build;
* every page is written anew (after a failed build Jupyter Book would otherwise skip the bad page and
  report success);
* each cell is measured (``book/_ext/measure.py``), for the status page, and a chapter over its budget fails
  the build;
* chapters are executed several at a time, one for each core (Jupyter Book does it one after the other);
* executed chapters are cached by their text *and* by the package, the data and the versions they ran with
  (Jupyter Book alone looks at the text only).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from joblib import Parallel, delayed
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_nb.core.read import is_myst_markdown_notebook

from vostut import cutouts

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))
from address import launch_buttons, pages_url, repository
from status import BUDGETS, over_budget
from tryit import write_assets

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = Path(os.environ.get("BOOK_OUTPUT") or ROOT) / "_build"
CELLS = OUTPUT / "cells.jsonl"
LIBRARIES = (
    "numpy",
    "matplotlib",
    "scikit-image",
    "opencv-python-headless",
    "torch",
    "timm",
    "higra",
    "myst-nb",
)


def cache_key() -> str:
    """A hash of everything but the chapters themselves that decides what a chapter prints."""
    digest = hashlib.sha256()
    sources = [
        p for p in (ROOT / "vostut").rglob("*") if p.suffix in {".py", ".js", ".css", ".json", ".safetensors"}
    ]
    sources += (ROOT / "book").glob("*.py")
    recorded = [*(ROOT / "book" / "_data").glob("*"), *(ROOT / "ledger").rglob("*.json")]
    for path in [*sorted(sources), *sorted(recorded)]:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    digest.update(f"{sys.version_info[:2]} {os.environ.get('DAVIS', '')}".encode())
    digest.update(f"{repository()} {launch_buttons()}".encode())
    return digest.hexdigest()


def measuring() -> dict[str, str]:
    """Variables with which every kernel of the build measures its cells."""
    startup = OUTPUT / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    program = str(ROOT / "book" / "_ext" / "measure.py")
    (startup / "measure.py").write_text(
        f"__import__('runpy').run_path({program!r})['start']()\n", encoding="utf-8"
    )
    return {"IPYTHONDIR": str(OUTPUT / "ipython"), "VOSTUT_CELLS": str(CELLS)}


def execute_chapters(cache: Path) -> None:
    """Execute the chapters that are not in the cache: one for each core at a time, the longest first.

    A chapter that fails is left to Jupyter Book, which executes it again and says what is wrong.
    """
    chapters = [
        p for p in (ROOT / "book").glob("*.md") if is_myst_markdown_notebook(p.read_text(encoding="utf-8"))
    ]
    chapters.sort(key=lambda path: -BUDGETS.get(path.stem, 0))
    timeout = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["execute"]["timeout"]
    notebooks = get_cache(str(cache))
    for path in chapters:
        notebooks.add_nb_to_project(str(path), read_data={"name": "myst_nb_md", "type": "plugin"})
    Parallel(n_jobs=os.cpu_count(), batch_size=1)(
        delayed(_execute)(cache, path, timeout) for path in chapters
    )


def _execute(cache: Path, chapter: Path, timeout: int) -> None:
    executor = load_executor("local-serial", get_cache(str(cache)))
    executor.run_and_cache(filter_uris=[str(chapter)], timeout=timeout)


def config_for(form: str) -> Path:
    """The configuration for a form of the book: launch buttons and the theme are for web pages only."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    extensions = config["sphinx"]["local_extensions"]
    config["sphinx"]["local_extensions"] = {name: str(ROOT / folder) for name, folder in extensions.items()}
    options = config["sphinx"]["config"]
    config["repository"]["url"] = options["html_theme_options"]["repository_url"] = repository()
    path = OUTPUT / f"config-{form}.yml"
    if form == "html":
        if not launch_buttons():
            del options["html_theme_options"]["launch_buttons"]
        if pages_url():
            config["sphinx"]["extra_extensions"] += PUBLISHED
            options |= for_publication(pages_url()) | {"ogp_site_name": config["title"]}
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        return path
    options["project"] = config["title"]
    for name in ("html_theme_options", "html_context", "html_js_files", "html_css_files"):
        options.pop(name)
    if form == "epub":
        options |= {"html_theme": "epub", "epub_show_urls": "no", "html_math_renderer": "mathml"}
        options |= {"version": version("vostut"), "suppress_warnings": ["epub.unknown_project_files"]}
        options |= {"epub_basename": "vostut", "epub_title": config["title"], "epub_author": config["author"]}
    else:
        # The first chapter is number 0, as in the README: so the others have the numbers that the text says.
        numbers = r"\AtBeginDocument{\setcounter{chapter}{-1}}"
        options["latex_elements"] = {"preamble": numbers, "fncychap": r"\usepackage[Sonny]{fncychap}"}
        config["latex"] = {"latex_documents": {"targetname": "vostut.tex"}}
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


PUBLISHED = ["sphinx_sitemap", "sphinxext.opengraph", "notfound.extension"]
"""What published pages have: a sitemap, cards for where a link is shared, a page for wrong addresses."""


def for_publication(url: str) -> dict[str, object]:
    """The options of :data:`PUBLISHED` for the address of the pages, which ends in a slash."""
    return {
        "html_baseurl": url,
        "sitemap_url_scheme": "{link}",  # one language, one version
        "sitemap_show_lastmod": False,  # a workflow's clone does not know when a page was written
        "ogp_site_url": url,
        "ogp_image": f"{url}_static/cutouts.jpg",
        "ogp_image_alt": "Four frames of moving cutouts, each with its object outlined",
        "ogp_social_cards": {"enable": False},  # drawn cards take no SVG, which the logo is
        "notfound_urls_prefix": urlsplit(url).path,
    }


BUILDERS = {
    "html": ["--builder", "html"],
    "epub": ["--builder", "custom", "--custom-builder", "epub"],
    "pdf": ["--builder", "pdflatex"],
}
"""What Jupyter Book calls the forms of the book."""

TEX = "apt install latexmk texlive-xetex texlive-latex-extra texlive-fonts-extra tex-gyre fonts-freefont-otf"
RESULTS = {"html": "html/index.html", "epub": "epub/vostut.epub", "pdf": "latex/vostut.pdf"}


def main() -> int:
    """Run Jupyter Book and return its exit code."""
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("form", nargs="?", choices=BUILDERS, default="html")
    form = parser.parse_args().form
    missing = [tool for tool in ("latexmk", "xelatex") if form == "pdf" and not shutil.which(tool)]
    if missing:
        print(f"The PDF needs TeX: {' and '.join(missing)} not found (on Debian: {TEX})", file=sys.stderr)
        return 1
    key_file, cache = OUTPUT / "cache-key", OUTPUT / ".jupyter_cache"
    key = cache_key()
    if not key_file.exists() or key_file.read_text(encoding="utf-8") != key:
        shutil.rmtree(cache, ignore_errors=True)
        OUTPUT.mkdir(parents=True, exist_ok=True)
        key_file.write_text(
            key, encoding="utf-8"
        )  # only chapters that ran to their end are cached: a failed build keeps them
    cutouts.load()  # written once, so that no chapter has to wait for it
    write_assets()  # what the page Try it loads
    # On a busy machine, OpenMP's threads spin while they wait, which made a chapter 30 times slower.
    environment = {"GOMP_SPINCOUNT": "1000", **os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment |= measuring()
    os.environ.update(environment, OMP_NUM_THREADS="1")  # the chapters share the cores already
    execute_chapters(cache)
    command = [
        *(sys.executable, "-c", "from jupyter_book.cli.main import main; main()"),
        *("build", str(ROOT / "book")),
        *("--config", str(config_for(form)), "--toc", str(ROOT / "_toc.yml")),
        *("--path-output", str(OUTPUT.parent), "--all", "-W", "--keep-going"),
        *BUILDERS[form],
    ]
    code = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if code == 0:
        for message in (late := over_budget(ROOT / "book", CELLS)):
            print(f"over budget: {message}", file=sys.stderr)
        if late:
            return 1
        print(f"The book: {OUTPUT / RESULTS[form]}")
    return code


if __name__ == "__main__":
    sys.exit(main())
