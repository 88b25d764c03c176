"""The engine is checked before it is taken, and a page can be built without it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def script():
    """The data script, as a module."""
    path = REPOSITORY / "data_scripts" / "get_engine.py"
    spec = importlib.util.spec_from_file_location("get_engine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_another_archive_is_refused(script, tmp_path):
    archive = tmp_path / "engine.tgz"
    archive.write_bytes(b"something else")
    with pytest.raises(OSError, match=r"SHA-256 is \w{64} \(expected"):
        script.get_engine(tmp_path / "engine", archive)
    assert not (tmp_path / "engine").exists()


def test_without_npm_the_message_says_what_to_do(script, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="--archive"):
        script.get_engine(tmp_path / "engine")


def test_an_engine_that_is_there_is_not_fetched_again(script, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in script.FILES:
        (tmp_path / name).write_bytes(b"here")
    assert script.get_engine(tmp_path) == tmp_path
