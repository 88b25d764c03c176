"""A training that can be interrupted: its state, its log and its weights, in one folder. Chapters 4 and 5."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from tqdm.auto import tqdm

from vostut.errors import DataError
from vostut.files import write_atomically
from vostut.learning.checkpoints import save_network

BROKEN = (RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, pickle.UnpicklingError)
"""What PyTorch raises for a file that is no state, or one of another network."""


class TrainingFolder:
    """Where a training keeps what it needs to go on.

    The folder holds ``state.ckpt`` (to resume from, written by Fabric), ``log.jsonl`` (the losses) and, when
    the training is finished, the weights. A folder with a state is taken up where it was left.

    Args:
        folder: created if it is not there.
        recipe: a dataclass with ``backbone``, ``steps`` and ``save_every``.
        network: its name, for the checkpoint's description.
        data: what it is trained on, see :func:`vostut.data.stills.fingerprint`.
        start: what it started from, in words or as a fingerprint.
        fabric: devices and precision.
    """

    def __init__(
        self, folder: str | os.PathLike, recipe: Any, network: str, data: str, start: str, fabric: Fabric
    ):
        self.folder = Path(folder)
        self.recipe, self.network, self.data, self.started_from = recipe, network, data, start
        self.fabric = fabric
        self.began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
        """Put the network and its optimiser back into the state that was saved last.

        Args:
            model: set up by Fabric; its weights are replaced if there is a state.
            optimizer: likewise.

        Returns:
            Steps already done; 0 for a new training.

        Raises:
            DataError: the state is broken, or belongs to another recipe, other data, another start or another
                number of processes.
        """
        path = self.folder / "state.ckpt"
        if not path.exists():
            return 0
        try:
            state = self.fabric.load(path)
            about = json.loads(state["about"])
            self._check(path, about)
            model.load_state_dict(state["network"])
            optimizer.load_state_dict(state["optimizer"])
        except DataError:
            raise
        except BROKEN as error:
            raise DataError(f"{path}: not a state of this training ({_first_line(error)})") from error
        self.began = time.monotonic() - about["seconds"]
        self._trim_log(about["step"])
        return about["step"]

    def progress(self, steps: range, show: bool = True) -> Iterator[int]:
        """The numbers of the steps, with a progress bar."""
        hide = None if show and self.fabric.global_rank == 0 else True  # None: hide in a pipe
        bar = tqdm(total=steps.stop, initial=steps.start, disable=hide, unit="step", desc=self.network)
        with bar:
            for step in steps:
                yield step
                bar.update()

    def keep(self, done: int, loss: float, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """After a step: log every tenth loss, and save the state every ``save_every`` steps.

        Raises:
            DataError: the loss is no number any more, or the state cannot be written; the last state stays.
        """
        if not math.isfinite(loss):
            raise DataError(
                f"{self.folder}: the loss of step {done} is {loss} (expected a number; a lower learning rate "
                "or the precision 32-true may help)"
            )
        if done % 10 == 0 and self.fabric.global_rank == 0:
            line = {"step": done, "loss": round(loss, 6), "seconds": self._seconds()}
            with (self.folder / "log.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
        if done % self.recipe.save_every == 0 or done == self.recipe.steps:
            self._save({"network": model, "optimizer": optimizer, "about": json.dumps(self._about(done))})

    def finish(self, name: str, network: nn.Module) -> None:
        """Write the weights, in float16, with a description of how they were made."""
        if self.fabric.global_rank == 0:
            save_network(self.folder / name, network, self._about(self.recipe.steps), half=True)

    def _save(self, state: dict[str, Any]) -> None:
        part, path = self.folder / ".state.ckpt.part", self.folder / "state.ckpt"
        try:
            self.fabric.save(part, state)
        except (RuntimeError, OSError) as error:  # PyTorch says RuntimeError when the disk is full
            part.unlink(missing_ok=True)
            raise DataError(f"{path}: cannot be written ({_first_line(error)})") from error
        if self.fabric.global_rank == 0:
            os.replace(part, path)

    def _about(self, step: int) -> dict[str, Any]:
        return {
            "network": self.network,
            "backbone": self.recipe.backbone,
            "step": step,
            "seconds": self._seconds(),
            "config": asdict(self.recipe),
            "data": self.data,
            "start": self.started_from,
            "processes": self.fabric.world_size,
            "torch": torch.__version__,
        }

    def _seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)

    def _check(self, path: Path, about: dict[str, Any]) -> None:
        expected = json.loads(json.dumps(self._about(0)))
        images = expected["data"].split(",")[0]
        if re.fullmatch(f"{images}, [0-9a-f]{{16}}", about["data"]):  # states were once written like that
            warnings.warn(
                f"{path}: knows three of its {images} only; that the others are the same is taken on trust",
                stacklevel=3,
            )
            about["data"] = expected["data"]
        about.setdefault("processes", expected["processes"])  # nor did they say how many
        for key, words, same in (
            ("config", "another recipe", "recipe"),
            ("data", "other data", "data"),
            ("start", "another start", "start"),
            ("processes", "another number of processes", "number"),
        ):
            if about[key] != expected[key]:
                raise DataError(
                    f"{path}: the state of a training with {words} (expected a new folder, or the same "
                    f"{same})"
                )

    def _trim_log(self, step: int) -> None:
        """Leave out what came after the state, and a last line that was torn."""
        log = self.folder / "log.jsonl"
        if self.fabric.global_rank or not log.exists():
            return
        kept = []
        for line in log.read_text(encoding="utf-8").splitlines():
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError):
                continue
        write_atomically(log, "".join(kept).encode())


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
