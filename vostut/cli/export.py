"""``vostut export``: the package's networks for engines that know nothing of PyTorch."""

from __future__ import annotations

import argparse
from pathlib import Path

from vostut.cli.options import path

FILES = ("osvos.onnx", "osvos_heads.json", "masktrack.onnx")
"""What the command writes."""


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    export = commands.add_parser("export", help="write Lite's networks as ONNX, as the page Try it runs them")
    export.add_argument("folder", type=path, help="the folder to write to")
    export.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    for written in export_networks(options.folder):
        print(f"wrote {written}: {written.stat().st_size / 1e6:.1f} MB")
    return 0


def export_networks(folder: Path) -> list[Path]:
    """Write OSVOS's backbone and heads, and MaskTrack; returns the files' names."""
    from vostut.files import write_atomically, write_json
    from vostut.masktrack import lite_masktrack
    from vostut.masktrack.export import export_network
    from vostut.osvos import lite_parent
    from vostut.osvos.export import export_backbone, export_heads

    parent = lite_parent()
    backbone, heads, masktrack = (folder / name for name in FILES)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(backbone, export_backbone(parent).SerializeToString())
    write_json(heads, export_heads(parent))
    write_atomically(masktrack, export_network(lite_masktrack()).SerializeToString())
    return [backbone, heads, masktrack]
