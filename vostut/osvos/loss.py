"""The loss of OSVOS: cross-entropy in which object and background weigh the same. Chapter 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def class_balanced_cross_entropy(logits: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Cross-entropy with each class weighed by the share of the other (HED, eq. 2; OSVOS, eq. 1).

    With the object pixels P and the background pixels N of an image,

    .. math::
        L = -\frac{|N|}{|P| + |N|} \sum_{i \in P} \log p_i
            - \frac{|P|}{|P| + |N|} \sum_{i \in N} \log (1 - p_i).

    It is computed from logits by softplus, which neither overflows nor takes the logarithm of zero.

    Args:
        logits: B x 1 x H x W.
        target: B x 1 x H x W, of zeros and ones (any dtype).
        reduction: ``"sum"`` over the pixels, as in the published code, or ``"mean"``; both are averaged
            over the batch. See :func:`lr_on_mean` for what changes between the two.

    Returns:
        A scalar. Zero if one class is absent, since its partner then has no weight.

    Raises:
        ValueError: shapes differ, the reduction is unknown, or the target holds other values than 0 and 1
            (a mask of 0 and 255, say, which would give a loss that looks almost right).
    """
    if logits.shape != target.shape:
        raise ValueError(f"logits {tuple(logits.shape)} and target {tuple(target.shape)} differ in shape")
    if reduction not in {"sum", "mean"}:
        raise ValueError(f"reduction {reduction!r} (expected 'sum' or 'mean')")
    target = target.to(logits.dtype)
    if not bool(((target == 0) | (target == 1)).all()):
        raise ValueError(f"target holds {target.max().item():g} (expected zeros and ones only)")
    pixels = target[0].numel()
    objects = target.sum(dim=(1, 2, 3), keepdim=True)  # |P| of each image
    weight = torch.where(target == 1, (pixels - objects) / pixels, objects / pixels)
    loss = weight * (F.softplus(logits) - target * logits)
    return loss.sum() / len(logits) if reduction == "sum" else loss.mean()


def deep_supervision(
    fused: Tensor, sides: Sequence[Tensor], target: Tensor, side_weight: float, reduction: str = "mean"
) -> Tensor:
    """The parent's loss: the fused logit's, plus ``side_weight`` times each side branch's (OSVOS, sec. 3.3).

    Early in training the side branches learn to segment on their own, which brings the gradient close to
    every stage; the weight then fades to zero, since only the fused logit is used in the end.
    """
    loss = class_balanced_cross_entropy(fused, target, reduction)
    if side_weight == 0:
        return loss
    losses = [class_balanced_cross_entropy(side, target, reduction) for side in sides]
    return loss + side_weight * torch.stack(losses).sum()


def lr_on_mean(lr_on_sum: float, height: int, width: int) -> float:
    """The learning rate on the mean that takes the same SGD step as ``lr_on_sum`` on the sum.

    The sum is H x W times the mean, and so is its gradient: the published 1e-8 at 480 x 854 is 4.1e-3 on
    the mean. At half the size it is 1.0e-3, for the sum's gradient shrinks with the image and the mean's
    does not. (Adam divides the scale of the gradient out, so there the two agree as they are.)
    """
    return lr_on_sum * height * width
