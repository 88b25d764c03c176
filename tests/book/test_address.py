"""The repository's address: one line of the configuration, in a fork the fork's; buttons where it answers."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from course.source import repository

REPOSITORY = Path(__file__).resolve().parents[2]
FORK = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "teacher/course"}


@pytest.fixture(scope="module")
def build():
    """The program that builds the book, as a module."""
    spec = importlib.util.spec_from_file_location("book_build", REPOSITORY / "book" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def configuration(build, tmp_path, monkeypatch):
    """What Jupyter Book is given for the web pages, with these environment variables."""
    monkeypatch.setattr(build, "OUTPUT", tmp_path)
    for name in (*FORK, "LAUNCH_BUTTONS", "BOOK_URL"):
        monkeypatch.delenv(name, raising=False)

    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return yaml.safe_load(build.config_for("html").read_text())

    return read


def theme(config):
    return config["sphinx"]["config"]["html_theme_options"]


def test_the_address_is_that_of_the_configuration(configuration):
    config = configuration()
    assert config["repository"]["url"] == theme(config)["repository_url"] == repository()
    assert theme(config)["launch_buttons"]["colab_url"].startswith("https://")


def test_a_fork_builds_with_its_own_address(configuration):
    config = configuration(**FORK)
    assert theme(config)["repository_url"] == "https://github.example/teacher/course"
    assert repository() not in str(config)


def test_buttons_are_left_out_where_the_address_does_not_answer(configuration):
    assert "launch_buttons" not in theme(configuration(LAUNCH_BUTTONS="no"))


def test_nothing_else_of_the_configuration_changes(configuration):
    """But for the folder of the extensions, which is given from the root of the disk."""
    config = configuration()
    kept = yaml.safe_load((REPOSITORY / "_config.yml").read_text())
    folders = {config["sphinx"].pop("local_extensions")["author_year"]}
    assert folders == {str(REPOSITORY / kept["sphinx"].pop("local_extensions")["author_year"])}
    assert config == kept


def test_pages_with_an_address_have_a_sitemap_cards_and_a_page_404(configuration):
    assert "sphinx_sitemap" not in configuration()["sphinx"]["extra_extensions"]
    config = configuration(BOOK_URL="https://teacher.example/course")
    assert config["sphinx"]["extra_extensions"][-3:] == [
        "sphinx_sitemap",
        "sphinxext.opengraph",
        "notfound.extension",
    ]
    options = config["sphinx"]["config"]
    assert options["html_baseurl"] == options["ogp_site_url"] == "https://teacher.example/course/"
    assert options["notfound_urls_prefix"] == "/course/"
    assert options["ogp_site_name"] == config["title"]


def test_pages_are_executed_again_for_another_address(build, monkeypatch):
    before = build.cache_key()
    for name, value in FORK.items():
        monkeypatch.setenv(name, value)
    assert build.cache_key() != before


def test_the_workflow_asks_whether_the_address_answers():
    steps = yaml.safe_load((REPOSITORY / ".github/workflows/pages.yml").read_text())["jobs"]["build"]["steps"]
    programs = [step.get("run", "") for step in steps]
    asks = next(i for i, text in enumerate(programs) if "LAUNCH_BUTTONS=no" in text)
    assert "$GITHUB_REPOSITORY" in programs[asks]
    assert any(re.search(r"make book|build\.py", text) for text in programs[asks + 1 :])
