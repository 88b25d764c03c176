"""Numbers that the text of a chapter prints, taken from the cell that computed them."""

from __future__ import annotations

from typing import Any

import numpy as np


def glue(name: str, value: Any) -> None:
    """Keep a value for the text of the chapter under a name (MyST's role ``glue:text`` prints it).

    In a notebook without MyST-NB, in Colab for instance, nothing prints such text and nothing is kept.
    """
    try:
        from myst_nb import glue as keep
    except ImportError:
        return
    # NumPy 2 writes np.float64(0.5) where text wants 0.5.
    keep(name, value.item() if isinstance(value, np.generic) else value, display=False)
