"""The program that the guide's semester project shows does what the guide says of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from course.source import BOOK
from vostut import cutouts
from vostut.baselines import WarpByFlow
from vostut.evaluation import evaluate_method

GUIDE = (BOOK / "teaching.md").read_text(encoding="utf-8")


def lines(program):
    """The commands of the guide that begin so; a line that goes on is joined."""
    return [line for line in GUIDE.replace("\\\n", " ").splitlines() if line.startswith(program + " ")]


@pytest.mark.slow
def test_the_program_and_its_commands_run_in_an_empty_folder(tmp_path):
    (program,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    (tmp_path / "method.py").write_text(program, encoding="utf-8")
    (evaluate,) = lines("vostut evaluate")
    for command in (["method.py"], ["-m", *evaluate.split(), "--metrics", "J"]):
        subprocess.run([sys.executable, *command], cwd=tmp_path, check=True, timeout=900)
    j = json.loads((tmp_path / "ours.json").read_text(encoding="utf-8"))["J"]["mean"]
    warped = evaluate_method(WarpByFlow(), cutouts.load("val"), metrics=("J",)).statistics("J").mean
    assert warped - 0.05 < j < warped


def test_the_guides_commands_are_understood():
    """Each option of the project's commands exists, and the values fit it."""
    from vostut.cli import make_parser

    commands = [line for name in ("run", "ledger", "segment", "mark") for line in lines(f"vostut {name}")]
    assert len(commands) == 4
    for command in commands:
        make_parser().parse_args(command.split()[1:])
