"""Condense the benchmark's own list of methods for chapter 9: who, when, with which result.

    python book/timeline.py path/to/global.js path/to/official book/_data/timeline.json

``global.js`` is the file ``json_data/global.js`` of the benchmark's site, which names each method's article;
the folder holds the table of results that the site publishes, as CSV.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path


def main(script: str, folder: str, out: str) -> None:
    """Join articles and results, write the list."""
    text = Path(script).read_text(encoding="utf-8")
    listed = re.search(r"var techn_papers =(\{.*?\n\})", text, re.DOTALL)[1]
    articles = json.loads(re.sub(r",(\s*[\]}])", r"\1", listed), strict=False)  # commas before the end
    kinds = dict(re.findall(r'"([^"]+)"\s*:\s*\{"type": "(\w+)"', text))
    titles = dict(re.findall(r'"([^"]+)"\s*:\s*\{"type":[^}]*?"display_name": "([^"]+?)\s*"', text))
    with (Path(folder) / "davis2016_val_official_global.csv").open(newline="") as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    methods = []
    for name, article in articles.items():
        for key in (name, article.get("extra_result")):
            if key in rows and key in kinds and "year" in article:
                values = {m: float(rows[key][f"{m}_mean"]) for m in "JF"} | {"T": float(rows[key]["T"])}
                given = kinds[key] == "semisup"
                about = {"method": titles.get(key, key), "year": article["year"], "first mask": given}
                venue = article.get("conference") or article.get("journal") or ""
                methods.append({**about, "venue": venue, "title": article["title"].strip(), **values})
    methods.sort(key=lambda entry: (entry["year"], entry["J"]))
    Path(out).write_text(json.dumps(methods, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
