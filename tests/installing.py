"""Installing in a test what the environment lacks; without a network the test is skipped."""

from __future__ import annotations

import re
import subprocess

import pytest

OFFLINE = re.compile(
    "Failed to establish|name resolution|Network is unreachable|Max retries|timed out"  # pip's words
    "|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ENETUNREACH"  # npm's
)


def install(command, timeout=600, **options):
    """Run a command of pip or npm; it has to succeed if a package index is within reach."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("no package index within reach")
    assert done.returncode == 0, done.stderr[-3000:]
