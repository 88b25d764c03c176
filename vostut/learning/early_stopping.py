"""When to stop fine-tuning: augmentations that are never trained on are segmented ever worse. Chapter 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

CHECK_EVERY = 25
"""Steps between two evaluations."""

PATIENCE = 4
"""Evaluations without a gain after which training stops."""


class EarlyStopping:
    """Keep the weights with which held-out samples are segmented best.

    Args:
        network: that is being fine-tuned.
        loss: of the network on a sample: (input, target) -> a scalar.
        held_out: samples, each input and target; without any, training never stops early.
        check_every: steps between two evaluations.
        patience: evaluations without a gain after which training stops.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        held_out: Sequence[tuple[Tensor, Tensor]],
        check_every: int = CHECK_EVERY,
        patience: int = PATIENCE,
    ):
        self.network, self.loss, self.held_out = network, loss, held_out
        self.check_every, self.patience = check_every, patience
        self.best, self.without_gain = float("inf"), 0
        self.weights: dict[str, Tensor] | None = None

    def __call__(self, done: int) -> bool:
        """Evaluate, if it is time; True if ``patience`` evaluations brought no gain."""
        if not self.held_out or done % self.check_every:
            return False
        value = self.evaluate()
        self.without_gain += 1
        if value < self.best:
            self.best, self.without_gain = value, 0
            self.weights = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        return self.without_gain >= self.patience

    def evaluate(self) -> float:
        """Mean loss over the held-out samples."""
        self.network.eval()
        with torch.no_grad():
            losses = [self.loss(image, target) for image, target in self.held_out]
        self.network.train()
        return float(torch.stack(losses).mean())

    def restore(self) -> None:
        """Go back to the best weights."""
        if self.weights is not None:
            self.network.load_state_dict(self.weights)


def held_out_numbers(count: int) -> list[tuple[int, int]]:
    """Numbers of samples that no training reaches, of image 0."""
    return [(2**31 - 1 - i, 0) for i in range(count)]
