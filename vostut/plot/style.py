"""One look for all figures: colours that stay apart for colour-blind readers, and little ink."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from cycler import cycler
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
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#9CA3AF",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E5E7EB",
            "grid.linewidth": 0.7,
            "axes.prop_cycle": cycler(color=CYCLE),
            "xtick.color": "#374151",
            "ytick.color": "#374151",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    )


def label_points(ax: Axes, x: Sequence[float], y: Sequence[float], labels: Sequence[str]) -> None:
    """Write each point's label beside it, where it covers no other label if there is such a place."""
    figure = ax.figure
    figure.canvas.draw()
    right, left = [(6, 4, "left"), (6, -11, "left")], [(-6, 4, "right"), (-6, -11, "right")]
    places = [*right, *left, (0, 9, "center"), (0, -16, "center")]
    taken: list = []
    for point_x, point_y, label in zip(x, y, labels, strict=True):
        for dx, dy, side in places:
            text = ax.annotate(
                label,
                (point_x, point_y),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=side,
                fontsize=8,
                color="#374151",
            )
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken) or (dx, dy, side) == places[-1]:
                taken.append(box)
                break
            text.remove()
