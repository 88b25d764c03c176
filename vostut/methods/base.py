"""What a method is: frames and the first mask in, masks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np


class Method(Protocol):
    """Anything that segments a video, from "copy the first mask" to a fine-tuned network."""

    name: str

    def segment(self, frames: Sequence[np.ndarray], first_mask: np.ndarray) -> Iterator[np.ndarray]:
        """Yield one mask for each frame, the first mask itself for the first.

        Args:
            frames: T arrays of H x W x 3, uint8, RGB; read one at a time.
            first_mask: H x W bool, the ground truth of frame 0 (the semi-supervised protocol).

        Yields:
            T masks of H x W, bool.
        """
        ...
