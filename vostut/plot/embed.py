"""What the frame player and the painting tool share: images, masks and scripts inside one piece of HTML.

The HTML stands on its own: no network, no kernel, no other file. It may appear several times on a page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

STATIC = Path(__file__).with_name("static")
"""The folder of the tools' scripts and styles."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "([./\w-]+\.js)";\n', re.MULTILINE)
_POSTER_QUALITY = 60
"""Of the still picture for readers without scripts: few see it, and every page carries it."""


class Embedded:
    """A piece of HTML that notebooks show as the output of a cell.

    Attributes:
        html: the HTML, the same every time for the same content.
        alt: what the picture shows, in words.
    """

    def __init__(self, html: str, alt: str):
        self.html = html
        self.alt = alt

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.alt}>"


def require_alt(alt: str) -> str:
    """The alternative text, which must not be empty: a reader who cannot see the picture has nothing else.

    Raises:
        ValueError: the text is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the picture shows")
    return alt.strip()


def encode_image(image: np.ndarray, quality: int = 80) -> str:
    """An H x W x 3 uint8 RGB image as a data URL: WebP or JPEG, whichever is smaller."""
    webp = io.BytesIO()
    # Pillow, since OpenCV has no say in the effort: the highest one saves another twentieth.
    Image.fromarray(image).save(webp, "WEBP", quality=quality, method=6)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    coded = {"webp": webp.getvalue(), "jpeg": jpeg}
    kind = min(coded, key=lambda name: len(coded[name]))
    return f"data:image/{kind};base64,{base64.b64encode(coded[kind]).decode()}"


def encode_runs(ids: np.ndarray) -> str:
    """An H x W mask (bool, or uint8 ids) as base64 of its runs, in row order.

    Each run is one byte with its id and its length as a base-128 number, low digits first, whose high
    bit says that more digits follow.
    """
    flat = np.ascontiguousarray(ids, np.uint8).ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=flat[0] ^ 1))
    lengths = np.diff(starts, append=flat.size)
    runs = bytearray()
    for value, length in zip(flat[starts].tolist(), lengths.tolist(), strict=True):
        runs.append(value)
        while length > 127:
            runs.append(length & 127 | 128)
            length >>= 7
        runs.append(length)
    return base64.b64encode(bytes(runs)).decode()


def fit_width(image: np.ndarray, width: int) -> np.ndarray:
    """An image no wider than ``width``; what is narrower already stays as it is."""
    height, current = image.shape[:2]
    if current <= width:
        return image
    return cv2.resize(image, (width, max(1, round(height * width / current))), interpolation=cv2.INTER_AREA)


def resize_ids(ids: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask (bool or ids) as uint8 ids at a size (height, width), by the nearest pixel."""
    ids = ids.astype(np.uint8)
    if ids.shape == size:
        return ids
    return cv2.resize(ids, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


@cache
def script(name: str | Path) -> str:
    """A script with the modules it imports written out in place, each once.

    Args:
        name: of a script in the folder ``static``, or the path of any other.
    """
    first = (STATIC / name).resolve()
    written = {first}

    def whole(file: Path) -> str:
        def write_out(found: re.Match[str]) -> str:
            module = (file.parent / found[1]).resolve()
            if module in written:
                return ""
            written.add(module)
            return whole(module).replace("\nexport ", "\n")

        return _IMPORT.sub(write_out, file.read_text(encoding="utf-8"))

    return whole(first)


@cache
def stylesheet() -> str:
    """The one style sheet of all tools."""
    return (STATIC / "widgets.css").read_text(encoding="utf-8")


def as_json(data: Mapping[str, object]) -> str:
    """Data for a script element, which nothing in them may end."""
    content = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        content = content.replace(character, f"\\u{ord(character):04x}")
    return content


def figure(
    name: str, data: Mapping[str, object], poster: np.ndarray, *, caption: str, alt: str, width: int
) -> str:
    """The HTML of a tool: its style, a still picture for readers without scripts, its data and script.

    Args:
        name: ``"player"`` or ``"paint"``: the script, and the class ``vostut-<name>`` of the figure.
        data: what the script gets, as JSON.
        poster: H x W x 3 uint8 RGB, shown where scripts are off.
        caption: text under the picture; empty for none.
        alt: what the picture shows, in words.
        width: the width on the page in CSS pixels, where there is room.
    """
    content = as_json(data)
    mark = f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    words, code = html.escape(alt), script(f"{name}.js")
    text = (
        f"<figcaption>{html.escape(caption)}</figcaption>"
        if caption
        else "<figcaption hidden=''></figcaption>"
    )
    still = encode_image(poster, _POSTER_QUALITY)
    return f"""<figure class="vostut vostut-{name}" data-vostut="{mark}" data-lm-suppress-shortcuts="true"
 style="--vostut-width:{width}px">
<style>{stylesheet()}</style>
<noscript><img src="{still}" alt="{words}" style="width:100%;height:auto" /></noscript>
<script type="application/json" class="vostut-data">{content}</script>
{text}
</figure>
<script type="module">
//<![CDATA[
{code}
start("{mark}");
//]]>
</script>"""
