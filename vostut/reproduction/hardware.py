"""What a run ran on: recorded with every number. Chapter 7."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from vostut import __version__
from vostut.learning.devices import has_amx


def describe_hardware(device: torch.device | str = "cpu", precision: str = "32-true") -> dict[str, Any]:
    """Processor, cores, device, precision and versions, as JSON-able values."""
    device = torch.device(device)
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {
        "processor": _processor(),
        "cores": torch.get_num_threads() if gpu else _cores(),
        "vector instructions": _vector_instructions(),
        "gpu": gpu,
        "precision": precision,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "vostut": __version__,
    }


def code_version() -> str:
    """The commit of the package's sources, with ``+`` if they were changed since; or the version."""
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "-C", str(here), "status", "--porcelain", "."], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return __version__
    return commit + ("+" if changed else "")


def peak_memory() -> int:
    """The most memory that this process has held, in MB; on a GPU, the most that tensors have held there."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        return round(torch.cuda.max_memory_allocated() / 2**20)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def _vector_instructions() -> str:
    """What PyTorch uses of the processor, such as ``AVX512``, and AMX where there are such tiles."""
    return torch.backends.cpu.get_cpu_capability() + (" and AMX" if has_amx() else "")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
