"""The environment is one that the book can run in."""

import importlib.metadata
import re
from pathlib import Path

import torch
import torchvision

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


def test_environment_file_names_the_requirements():
    project = (REPOSITORY / "pyproject.toml").read_text()
    needed = re.search(r"\ndependencies = \[(.*?)\n\]", project, re.DOTALL).group(1)
    conda = (REPOSITORY / "environment.yml").read_text()
    for name in re.findall(r'"([a-z-]+)>=', needed):
        if name not in {"torch", "opencv-python-headless", "anywidget"}:  # other names there, or by pip
            assert name in conda, name
