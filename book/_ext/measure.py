"""Measure each cell while the book is executed. Runs in the chapters' kernels; see ``book/build.py``.

``start`` is called when a kernel starts. After each cell one line of JSON is appended to the file that the
variable ``VOSTUT_CELLS`` names: the cell, its seconds, its processor seconds and its peak memory. And figures
are drawn without a ground there, since the pages bring their own (``figures.py``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def key(source: str) -> str:
    """The name of a cell: a hash of its code."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:16]


def peak_mb() -> int:
    """The most memory of this process since :func:`forget_peak`, or (not on Linux) since its start."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return round(int(line.split()[1]) / 2**10)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def forget_peak() -> None:
    """Have the kernel of Linux start its peak anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def register(shell: Any, path: str) -> None:
    """Measure every cell of a shell."""
    began: dict[str, float] = {}

    def before(info: Any) -> None:
        forget_peak()
        began.update(wall=time.perf_counter(), cpu=time.process_time())

    def after(result: Any) -> None:
        if began and result.info.raw_cell:
            row = {
                "cell": key(result.info.raw_cell),
                "seconds": round(time.perf_counter() - began["wall"], 2),
                "processor seconds": round(time.process_time() - began["cpu"], 2),
                "peak MB": peak_mb(),
            }
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)


def start() -> None:
    """Measure this kernel, and draw for pages, if the build asks for it."""
    from IPython import get_ipython

    if os.environ.get("VOSTUT_CELLS"):
        shell = get_ipython()
        register(shell, os.environ["VOSTUT_CELLS"])
        shell.config.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "facecolor": "none"}
