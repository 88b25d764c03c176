"""The environment is one that the book can run in."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import torch
import torchvision
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent


def test_torch_and_torchvision_match():
    """A torchvision built for another torch imports, and then has no operators."""
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0]])
    assert torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist() == [0]


def test_one_opencv_only():
    """opencv-python and opencv-python-headless write into one folder; together they break each other."""
    names = {d.metadata["Name"] for d in importlib.metadata.distributions()}
    assert len({n for n in names if n and n.startswith("opencv")}) == 1


def test_constraints_name_versions_and_no_addresses():
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert len(lines) > 50
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line), line


@pytest.fixture
def conda():
    """What environment.yml asks for, by conda and by pip, as {name: bound}."""
    text = (REPOSITORY / "environment.yml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text)["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    names = [entry for entry in listed if isinstance(entry, str)] + by_pip
    return dict(re.fullmatch(r"([\w-]+?)((?:[=<>].*)?)", name).groups() for name in names if name[0] != "-")


def test_environment_file_names_the_requirements_with_their_bounds(conda):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    left_to_pip = {"opencv-python-headless", "anywidget"}  # conda has OpenCV under another name
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)(>=\S+)", requirement).groups()
        if name not in left_to_pip:
            assert conda[{"torch": "pytorch"}.get(name, name)] == bound


def test_binder_finds_the_environment_and_a_python_in_it(conda):
    """repo2docker takes a Dockerfile or a folder ``binder`` first, and of Python no range but one version."""
    assert re.fullmatch(r"=3\.1[1-4]", conda["python"])
    above = ("Dockerfile", "binder", ".binder", "environment.yaml", "runtime.txt", "requirements.txt")
    assert not [name for name in above if (REPOSITORY / name).exists()]
    assert "      - -e .[book]\n" in (REPOSITORY / "environment.yml").read_text(encoding="utf-8")


def test_classifiers_are_the_pythons_that_the_workflow_tries():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = {word.split(" :: ")[-1] for word in project["classifiers"] if " :: Python :: " in word}
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/systems.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["systems"]["strategy"]["matrix"]
    assert said == {*matrix["python"], *(more["python"] for more in matrix["include"])}
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
