"""Rows are called by what they are, and the command beside a row makes that row."""

import argparse
import hashlib
import json
import shlex
from pathlib import Path

import pytest

from vostut.cli import run
from vostut.reproduction.labels import (
    ADDRESSES,
    command_of,
    headline,
    label_of,
    part_of,
    results,
    seeds_of,
    tuning_of,
)
from vostut.reproduction.ledger import read_ledger, whole_runs

REPOSITORY = Path(__file__).resolve().parents[2]
ROWS = read_ledger(REPOSITORY / "ledger")
METHODS = ("OSVOS", "MaskTrack")
SHOWN = [row["name"] for method in METHODS for line in results(ROWS, method) for row in line.rows]


def planned(command, monkeypatch):
    """What a command would do, as a row keeps it; and its options."""
    monkeypatch.chdir(REPOSITORY)
    parser = argparse.ArgumentParser()
    run.add_commands(parser.add_subparsers())
    options = parser.parse_args([*shlex.split(command)[1:], "--out", "x"])
    return json.loads(json.dumps(run._plan(options).to_json())), options


@pytest.mark.parametrize("name", SHOWN)
def test_the_command_beside_a_row_makes_that_row(name, monkeypatch):
    """The same networks by their checksums, and the same recipe, with today's package."""
    row = ROWS[name]
    then, (now, options) = row["plan"], planned(command_of(row), monkeypatch)
    assert now["method"] == then["method"]
    assert now["parent"]["sha256"] == then["parent"]["sha256"]
    assert now["budgets"] == []
    old, new = then["config"].get("fine_tuning", then["config"]), now["config"]
    for key in ("height", "steps", "seed", "accumulate", "freeze", "held_out", "augmentation"):
        assert new[key] == old[key], key
    assert new["threshold"] == then["config"]["threshold"]
    rates = old.get("rates") or old["solver"]
    assert new["solver"]["name"] == rates.get("optimiser", rates.get("name"))
    assert new["solver"]["rates"]["backbone"] == rates.get("rates", rates)["backbone"]
    part = part_of(name)
    assert (options.contours is not None) == ("snapped" in part)
    assert options.crf == ("crf" in part)
    assert now["flow"] == (then["flow"] if "flow" in part else "")
    if "flow" in part:
        assert (now.get("speed") or {}).get("sha256") == (then.get("speed") or {}).get("sha256")


@pytest.mark.parametrize(("start", "address"), ADDRESSES.items())
def test_networks_stand_where_commands_look_for_them(start, address):
    assert hashlib.sha256((REPOSITORY / address).read_bytes()).hexdigest().startswith(start)


@pytest.mark.parametrize("method", METHODS)
def test_a_label_says_what_is_in_a_row(method):
    """The same words for the same thing, whatever the backbone; and no two lines of a table alike."""
    lines = results(ROWS, method)
    assert len({line.label for line in lines}) == len(lines)
    for line in lines:
        for row in line.rows:
            assert line.label == label_of(row)
        row = line.rows[0]
        assert line.label.startswith("VGG-16" if "vgg16" in row["name"] else "Lite")
        assert (
            f"{row['plan']['config'].get('fine_tuning', row['plan']['config'])['height']} lines" in line.label
        )
        with_flow = "flow" in part_of(row["name"])
        own = bool(row["plan"].get("speed"))
        assert ("own second network" in line.label) == (with_flow and own)
        assert ("one network for both streams" in line.label) == (with_flow and not own)
        assert ("contour" in line.label) == ("--contours" in command_of(row))


def test_where_the_contours_come_from_is_part_of_the_label():
    row = ROWS["osvos-lite-laptop-snapped"]
    for given, words in (
        ("../data/contours", "snapped to stored contour maps"),
        ("hed", "snapped to HED's contours"),
        ("branch.safetensors", "snapped to contours of our own branch"),
    ):
        changed = row | {"command": f"vostut run osvos --contours {given} --out x"}
        assert label_of(changed).endswith(words)


@pytest.mark.parametrize("method", METHODS)
def test_the_articles_configuration_comes_first_and_the_score_has_no_say(method):
    lines = results(ROWS, method)
    backbones = [line.backbone for line in lines]
    assert backbones == sorted(backbones, reverse=True)  # VGG-16, then Lite
    assert "own second network" not in lines[0].label
    upside_down = {
        name: row
        | {"score": row["score"] | {"J": row["score"]["J"] | {"mean": 1 - row["score"]["J"]["mean"]}}}
        for name, row in ROWS.items()
    }
    assert [line.label for line in results(upside_down, method)] == [line.label for line in lines]
    faithful, ours = headline(lines)
    assert (faithful.backbone, ours.backbone) == ("VGG-16", "Lite")
    assert ours.seeds == "mean of three seeds"


def test_seeds_are_found_and_averaged():
    def row(name, j):
        parent, config = {"file": "x", "sha256": "0"}, {"height": 480, "steps": 1, "seed": 0}
        plan = {"method": "OSVOS", "parent": parent, "config": config, "flow": ""}
        score = {"J": {"mean": j}, "sequences": {"a": {}}}
        return {
            "name": name,
            "method": "OSVOS",
            "data": "DAVIS-2016 val",
            "score": score,
            "plan": plan,
            "command": "",
        }

    given = {
        "osvos-x": 0.9,
        "osvos-x-seed-0": 0.5,
        "osvos-x-seed-10": 0.7,
        "osvos-x-seed-2": 0.6,
        "osvos-y": 0.4,
    }
    rows = {name: row(name, j) for name, j in given.items()}
    assert [r["name"] for r in seeds_of(rows, "osvos-x")] == [
        "osvos-x-seed-0",
        "osvos-x-seed-2",
        "osvos-x-seed-10",
    ]
    assert seeds_of(rows, "osvos-y") == ()
    first, second = results(rows, "OSVOS")
    assert (first.cell("J"), first.seeds) == ("60.0\u00a0±\u00a010.0", "mean of three seeds")
    assert (second.cell("J"), second.seeds) == ("40.0", "one seed")
    assert len(whole_runs(rows, "OSVOS")) == 2


def test_rows_of_any_version_tell_their_recipe_in_the_same_words():
    """The heads alone learned by the recipe of the whole network, which version 0.1 wrote otherwise."""
    heads, whole, none = (
        tuning_of(ROWS[f"osvos-lite-{name}"]) for name in ("heads-only", "laptop", "no-one-shot")
    )
    assert {key for key in heads.keys() & whole.keys() if heads[key] != whole[key]} == {"freeze"}
    assert {"solver", "augmentation", "steps", "height"} <= heads.keys() & whole.keys()
    assert none["height"] == heads["height"]
