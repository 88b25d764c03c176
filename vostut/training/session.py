"""A training that can be interrupted: state, log and final weights in one folder. Chapters 4 and 5."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import nn
from tqdm.auto import tqdm

from vostut.errors import DataError
from vostut.training.checkpoints import load_state, save_network, save_state
from vostut.training.loop import Loss, Sample, fit


class Recipe(Protocol):
    """What every recipe says, beside its own fields; a dataclass."""

    @property
    def backbone(self) -> str:
        """The backbone's name."""

    @property
    def steps(self) -> int:
        """Optimiser steps."""

    @property
    def accumulate(self) -> int:
        """Samples whose gradients make one step."""

    @property
    def save_every(self) -> int:
        """Steps between two states."""


class Session:
    """One training in one folder.

    The folder holds ``state.safetensors`` (to resume from), ``log.jsonl`` (the losses) and, when the
    training is finished, the weights. A folder with a state is taken up where it was left.

    Args:
        folder: created if it is not there.
        network: to be trained; its weights are replaced by those of the state, if there is one.
        optimizer: likewise.
        config: the recipe. The state of another recipe is refused.
        what: the network's name, for the checkpoint's description.
        fabric: devices and precision.

    Attributes:
        start: steps already done.

    Raises:
        DataError: the folder holds the training of another recipe.
    """

    def __init__(
        self, folder: str | os.PathLike, network: nn.Module, optimizer: torch.optim.Optimizer,
        config: Recipe, what: str, fabric: Fabric,
    ):  # fmt: skip
        self.folder = Path(folder)
        self.network, self.optimizer = network, optimizer
        self.config, self.what, self.fabric = config, what, fabric
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start, spent = self._resume()
        self.began = time.monotonic() - spent

    def train(self, sample: Sample, loss: Loss, rate: Callable[[int], float], progress: bool = True) -> None:
        """Take the steps that are left, with a progress bar, a log and a state every ``save_every`` steps."""
        config, leads = self.config, self.fabric.global_rank == 0
        self.network.train()
        model, optimizer = self.fabric.setup(self.network, self.optimizer)
        bar = tqdm(total=config.steps, initial=self.start, disable=not (progress and leads), unit="step")

        def after(step: int, value: float) -> None:
            bar.update()
            bar.set_postfix(loss=f"{value:.4g}")
            done = step + 1
            if leads and done % 10 == 0:
                self._log(done, value)
            if leads and (done % config.save_every == 0 or done == config.steps):
                save_state(self.folder / "state.safetensors", self.network, self.optimizer, self._about(done))

        steps = range(self.start, config.steps)
        fit(self.fabric, model, optimizer, sample, loss, steps, rate, config.accumulate, after)
        bar.close()

    def finish(self, name: str) -> None:
        """Write the weights, in float16, with a description of how they were made."""
        if self.fabric.global_rank == 0:
            save_network(self.folder / name, self.network, self._about(self.config.steps), half=True)

    def _resume(self) -> tuple[int, float]:
        """(steps done, seconds spent); zeros for a new training."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return 0, 0.0
        about = load_state(path, self.network, self.optimizer)
        if about["config"] != json.loads(json.dumps(asdict(self.config))):  # type: ignore[call-overload]
            raise DataError(f"{path}: the state of a training with another recipe (expected a new folder)")
        log = self.folder / "log.jsonl"
        if log.exists():
            kept = [n for n in log.read_text().splitlines() if json.loads(n)["step"] <= about["step"]]
            log.write_text("".join(line + "\n" for line in kept))
        return about["step"], about["seconds"]

    def _about(self, step: int) -> dict[str, Any]:
        return {
            "network": self.what,
            "backbone": self.config.backbone,
            "step": step,
            "seconds": round(time.monotonic() - self.began, 1),
            "config": asdict(self.config),  # type: ignore[call-overload]
            "torch": torch.__version__,
        }

    def _log(self, step: int, loss: float) -> None:
        seconds = round(time.monotonic() - self.began, 1)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps({"step": step, "loss": round(loss, 6), "seconds": seconds}) + "\n")
