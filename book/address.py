"""Where this copy of the book comes from. ``_config.yml`` says it; in a fork's workflow, the workflow does.

Pages that name the address, and ``book/build.py``, ask here.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

CONFIG = Path(__file__).resolve().parent.parent / "_config.yml"


def repository() -> str:
    """The address of the repository.

    GitHub tells every workflow which repository it runs in, so a fork's pages lead to the fork.
    """
    if fork := os.environ.get("GITHUB_REPOSITORY"):
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{fork}"
    return str(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repository"]["url"])


def pages_url() -> str:
    """Where the pages will be published, with a slash at the end; "" for pages that stay on this machine.

    The workflow that publishes them says so in ``BOOK_URL``.
    """
    url = os.environ.get("BOOK_URL", "").strip()
    return f"{url.rstrip('/')}/" if url else ""


def launch_buttons() -> bool:
    """Whether pages have buttons for Colab and Binder: not where ``LAUNCH_BUTTONS`` is ``no``.

    The workflow that publishes the pages sets it when the notebooks' address does not answer.
    """
    return os.environ.get("LAUNCH_BUTTONS", "").lower() != "no"
