"""Pictures of frames and masks: overlays, disagreements, rows of frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from vostut.images import PALETTE
from vostut.plot.style import EXTRA, MISSED, OBJECT


def overlay(
    frame: np.ndarray, mask: np.ndarray, colour: str = OBJECT, alpha: float = 0.45, outline: int = 2
) -> np.ndarray:
    """A frame with its mask tinted and outlined.

    Args:
        frame: H x W x 3 uint8 RGB.
        mask: H x W bool, or object ids, each of which then gets its own colour.
        colour: the tint of a bool mask.
        alpha: its opacity in [0, 1].
        outline: width of the outline in pixels; 0 for none.

    Returns:
        H x W x 3 uint8 RGB.
    """
    picture = frame.copy()
    ids = np.unique(mask[mask > 0])
    for i in ids:
        rgb = _rgb(colour) if mask.dtype == bool else PALETTE[int(i)]
        region = mask == i
        picture[region] = (alpha * rgb + (1 - alpha) * picture[region]).astype(np.uint8)
        if outline:
            edges, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, edges, -1, rgb.tolist(), outline, cv2.LINE_AA)
    return picture


def disagreement(frame: np.ndarray, prediction: np.ndarray, ground_truth: np.ndarray) -> np.ndarray:
    """A grey frame on which the missed and the extra pixels of a mask are coloured.

    Pixels on which both agree keep the frame's grey, lighter inside the object.
    """
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(float)
    picture = np.repeat((grey * 0.55)[..., None], 3, axis=2)
    picture[prediction & ground_truth] = picture[prediction & ground_truth] * 0.6 + 100
    picture[ground_truth & ~prediction] = 0.25 * picture[ground_truth & ~prediction] + 0.75 * _rgb(MISSED)
    picture[prediction & ~ground_truth] = 0.25 * picture[prediction & ~ground_truth] + 0.75 * _rgb(EXTRA)
    return picture.clip(0, 255).astype(np.uint8)


def show(ax: Axes, image: np.ndarray, title: str = "") -> None:
    """Show an image without axes; masks in black and white."""
    if image.dtype == bool:
        ax.imshow(image, interpolation="nearest", cmap="gray", vmin=0, vmax=1)
    else:
        ax.imshow(image, interpolation="antialiased")
    ax.set_title(title)
    ax.set_axis_off()


def grid(
    images: Sequence[Sequence[np.ndarray]],
    titles: Sequence[Sequence[str]] | None = None,
    width: float = 7.6,
    row_labels: Sequence[str] | None = None,
) -> Figure:
    """Rows of images of one shape, as large as the width allows.

    Args:
        images: rows of H x W (x 3) arrays.
        titles: one for each image, in the same arrangement.
        width: of the figure, in inches.
        row_labels: one for each row, written at its left.
    """
    rows, columns = len(images), max(len(row) for row in images)
    height, image_width = images[0][0].shape[:2]
    panel = width / columns
    title_space = sum(0.28 if any(row) else 0.06 for row in (titles or [[]] * rows))
    figure, axes = plt.subplots(
        rows, columns, squeeze=False, figsize=(width, rows * panel * height / image_width + title_space)
    )
    for r in range(rows):
        for c in range(columns):
            if c < len(images[r]):
                show(axes[r, c], images[r][c], titles[r][c] if titles else "")
            else:
                axes[r, c].set_axis_off()
        if row_labels:
            axes[r, 0].text(
                -0.03,
                0.5,
                row_labels[r],
                transform=axes[r, 0].transAxes,
                rotation=90,
                va="center",
                ha="right",
            )
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.01, hspace=0.01)
    return figure


def _rgb(colour: str) -> np.ndarray:
    return np.array(to_rgb(colour)) * 255
