"""One look for all figures: colours that stay apart for colour-blind readers, and little ink."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes

# Okabe and Ito's palette (2008).
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#6B7280"
CYCLE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)

OBJECT = ORANGE
"""The object, or a ground-truth mask, wherever it is drawn."""
PREDICTION = BLUE
"""A method's mask, next to a ground truth."""
MISSED, EXTRA = VERMILION, SKY
"""Object pixels that a mask lacks (false negatives), and pixels it has too many (false positives)."""


def use_style() -> None:
    """Set matplotlib's defaults for the figures of the book."""
    mpl.rcParams.update(
        {
            "figure.dpi": 110,
            "savefig.dpi": 160,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.titleweight": "medium",
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#9CA3AF",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E5E7EB",
            "grid.linewidth": 0.7,
            "axes.prop_cycle": mpl.cycler(color=CYCLE),
            "xtick.color": "#374151",
            "ytick.color": "#374151",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    )


def label_lines(ax: Axes, labels: Sequence[str], x_pad: float = 0.01) -> None:
    """Write each line's label at its right end, instead of a legend, keeping labels apart.

    Args:
        ax: axes whose lines, in order, carry the labels.
        labels: one a line; an empty label is left out.
        x_pad: distance to the right of the last point, as a fraction of the x range.
    """
    left, right = ax.get_xlim()
    low, high = ax.get_ylim()
    gap = (high - low) * 0.065
    ends = sorted(
        (float(line.get_ydata()[-1]), label, line.get_color())  # type: ignore[index, arg-type]
        for line, label in zip(ax.get_lines(), labels, strict=False)
        if label
    )
    y_last = -float("inf")
    for y, label, colour in ends:
        y_last = max(y, y_last + gap)
        ax.text(
            right + (right - left) * x_pad,
            y_last,
            label,
            color=colour,
            va="center",
            fontsize=9,
            clip_on=False,
        )
