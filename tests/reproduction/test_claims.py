"""Claims are answered from the ledger; a row that does not say what its masks say is found out."""

import json
from pathlib import Path

import jsonschema
import pytest
from small_data import write_davis

from vostut.cli import main
from vostut.errors import DataError
from vostut.evaluation import evaluate
from vostut.reproduction.claims import VERDICTS, Claim, Ours, answer, judge, read_claims, write_claims
from vostut.reproduction.ledger import read_ledger

REPOSITORY = Path(__file__).resolve().parents[2]
CLAIMS = REPOSITORY / "ledger" / "claims" / "davis2016.json"
LEVEL = Claim("a", "a level", "J mean", "x val", 70.0, "Table 1", "key", row="ours", tolerance=0.5)
PART = LEVEL._replace(less="base", published=-5.0, tolerance=2.0)


def rows(**values):
    """Rows of one video each, or of as many as values are given."""
    found = {}
    for name, each in values.items():
        each = each if isinstance(each, list) else [each]
        mean = sum(each) / len(each)
        videos = {str(i): {"J": {"mean": v, "decay": v}, "T": {"mean": v}} for i, v in enumerate(each)}
        found[name] = {
            "score": {"J": {"mean": mean, "decay": mean}, "T": {"mean": mean}, "sequences": videos}
        }
    return found


def verdict(claim, board=None, **values):
    return answer(claim, claim, rows(**values), board or {}).verdict


@pytest.mark.parametrize(
    ("changes", "values", "expected"),
    [
        ({}, {"ours": 0.80}, "met"),
        ({}, {"ours": 0.695}, "met"),
        ({}, {"ours": 0.694}, "not met"),
        ({}, {"ours": [0.50, 0.80]}, "undecided"),
        ({}, {"ours": [0.50, 0.60]}, "not met"),
        ({}, {}, "not measured"),
        ({"row": ""}, {"ours": 0.8}, "not measured"),
        ({"metric": "T"}, {"ours": 0.60}, "met"),
        ({"metric": "J decay"}, {"ours": 0.706}, "not met"),
    ],
)
def test_verdicts_of_levels(changes, values, expected):
    assert verdict(LEVEL._replace(**changes), **values) == expected


@pytest.mark.parametrize(
    ("published", "values", "expected"),
    [
        (-5.0, {"ours": 0.60, "base": 0.655}, "met"),
        (-5.0, {"ours": 0.66, "base": 0.655}, "not met"),
        (-5.0, {"ours": 0.60}, "not measured"),
        (-5.0, {"ours": [0.7, 0.6], "base": [0.7, 0.7]}, "undecided"),  # near, and may be nothing
        (-5.0, {"ours": [0.8, 0.6], "base": [0.7, 0.7]}, "undecided"),  # far, and may be chance
        (0.3, {"ours": 0.70, "base": 0.70}, "undecided"),
        (1.0, {"ours": 0.69, "base": 0.70}, "undecided"),  # near, and on the other side of zero
        (0.3, {"ours": 0.60, "base": 0.70}, "not met"),
        (0.0, {"ours": 0.70, "base": 0.70}, "undecided"),
    ],
)
def test_verdicts_of_differences(published, values, expected):
    assert verdict(PART._replace(published=published), **values) == expected


def test_videos_are_drawn_for_both_sides_where_the_published_masks_are_known():
    """Two videos, each five points behind: alone they scatter widely, together not at all."""
    board = {"theirs": rows(theirs=[0.55, 0.85])["theirs"]["score"]}
    values = {"ours": [0.50, 0.80]}
    assert verdict(LEVEL._replace(masks="theirs"), board, **values) == "not met"
    assert verdict(LEVEL, **values) == "undecided"
    found = answer(LEVEL._replace(masks="theirs"), LEVEL, rows(**values), board)
    assert found.interval == (-5.0, -5.0)


def test_an_interval_is_that_of_the_mean_over_videos():
    """Of two videos, a quarter of the draws takes the one twice, a quarter the other."""
    found = answer(LEVEL, LEVEL, rows(ours=[0.6, 0.9]), {})
    assert found.ours == 75.0
    assert found.interval == (-10.0, 20.0)
    assert judge(LEVEL, 60.0, -12.0, 1.0) == "undecided"


def test_a_claim_is_answered_by_rows_about_its_own_data():
    given = rows(ours=0.7, base=0.6)
    given["ours"]["data"] = "x trainval"
    with pytest.raises(DataError, match="a: ours is about x trainval .expected x val"):
        answer(LEVEL, LEVEL, given, {})
    given["ours"]["score"]["sequences"] = {"left": {}}
    given["base"]["score"]["sequences"] = {"left": {}, "right": {}}
    with pytest.raises(DataError, match="a: ours and base are over different videos"):
        answer(PART, PART, given, {})


def test_the_small_network_answers_beside_the_articles():
    claim = LEVEL._replace(row="", lite=Ours("ours"))
    assert answer(claim, claim, rows(ours=0.8), {}).verdict == "not measured"
    assert answer(claim, claim.lite, rows(ours=0.8), {}).verdict == "met"


def test_every_answer_is_of_the_backbone_that_it_names():
    """A row of the small network never answers for the article's, nor the other way round."""
    ledger = read_ledger(REPOSITORY / "ledger")
    claims = read_claims(CLAIMS)
    for claim in claims:
        for name in filter(None, (claim.row, claim.less)):
            assert claim.backbone == "VGG-16"
            assert "vgg16" in name
        for name in filter(None, (claim.lite.row, claim.lite.less)):
            assert "vgg16" not in name
            assert name not in ledger or ledger[name]["plan"]["parent"]
    of_the_articles = [c for c in claims if c.id.startswith(("osvos", "masktrack"))]
    assert {c.backbone for c in of_the_articles} == {"VGG-16"}
    assert all(c.deviations for c in of_the_articles if c.row)


def test_two_rows_of_one_name_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(
            '{"name": "same", "data": "x val", "score": {"sequences": {}}}'
        )
    with pytest.raises(DataError, match=r"b.json: a second row of the name same"):
        read_ledger(tmp_path)


def test_the_ledger_holds_every_claim_with_its_answer(tmp_path):
    """What is written is what the rows and the re-scored masks give today."""
    claims = read_claims(CLAIMS)
    assert len({c.id for c in claims}) == len(claims) > 30
    board = json.loads((REPOSITORY / "book" / "_data" / "leaderboard.json").read_text())
    write_claims(claims, read_ledger(REPOSITORY / "ledger"), board, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == CLAIMS.read_text()
    entries = json.loads(CLAIMS.read_text())
    assert {e["verdict"] for e in entries} | {e["lite"]["verdict"] for e in entries} <= set(VERDICTS)
    keys = (REPOSITORY / "book" / "references.bib").read_text()
    assert all(f"{{{e['cite']}," in keys for e in entries)


def test_the_ledger_follows_its_schemas():
    schemas = REPOSITORY / "ledger" / "schema"
    row, claims = (json.loads((schemas / f"{name}.json").read_text()) for name in ("row", "claims"))
    jsonschema.validate(json.loads(CLAIMS.read_text()), claims)
    for path in (REPOSITORY / "ledger").glob("*.json"):
        entry = json.loads(path.read_text())
        jsonschema.validate(entry, row)
        assert entry["name"] == path.stem
    with pytest.raises(jsonschema.ValidationError, match="'not sure' is not one of"):
        jsonschema.validate([json.loads(CLAIMS.read_text())[0] | {"verdict": "not sure"}], claims)


def test_what_is_no_claim_is_refused(tmp_path):
    (tmp_path / "c.json").write_text('[{"id": "x"}]')
    with pytest.raises(DataError, match=r"c.json: not a list of claims"):
        read_claims(tmp_path / "c.json")


def test_a_row_is_verified_by_its_masks(tmp_path, capsys):
    root = write_davis(tmp_path / "DAVIS", {"left": 5, "right": 4})
    data = f"--dataset layout --davis {root}"
    file, run = tmp_path / "ledger" / "warp.json", tmp_path / "run"
    assert main(f"run warp {data} --device cpu --out {run} --record {file}".split()) == 0
    row = json.loads(file.read_text())
    row["data"] = row["data"].replace(row["data"].rsplit(" ", 1)[0], "layout")
    row["score"]["sequences"]["left"]["J"]["mean"] += 0.01
    file.write_text(json.dumps(row))
    capsys.readouterr()
    from vostut.data import open_layout
    from vostut.reproduction.verify import verify

    dataset = open_layout(root, "val", resolution="480p")
    lines = verify(row | {"data": f"{dataset.name} {dataset.split}"}, run, dataset)
    assert len(lines) == 1
    assert lines[0].startswith("sequences left J mean: ")
    by_paper = evaluate(run / "masks", dataset, convention="paper").to_json(frames=False)
    assert by_paper["T"] != row["score"]["T"]
    assert verify(row | {"data": f"{dataset.name} {dataset.split}", "score": by_paper}, run, dataset) == []
    with pytest.raises(DataError, match="names no masks"):
        verify({k: v for k, v in row.items() if k != "masks"}, run, dataset)
    with pytest.raises(DataError, match="no such folder"):
        verify(row, tmp_path / "absent", dataset)


def test_the_command_says_whether_a_row_is_right(tmp_path, capsys):
    file, run = tmp_path / "copy.json", tmp_path / "run"
    command = f"run copy --dataset cutouts --sequences horse-trot --out {run} --record {file}"
    assert main(command.split()) == 0
    assert main(["ledger", "verify", str(file), str(run)]) == 0
    assert "every value is what its masks give" in capsys.readouterr().out
    wrong = json.loads(file.read_text())
    wrong["score"]["F"]["mean"] = 0.99
    file.write_text(json.dumps(wrong))
    assert main(["ledger", "verify", str(file), str(run)]) == 1
    assert "F mean: 0.99 in the ledger" in capsys.readouterr().out


def test_the_table_of_claims_is_printed(capsys):
    args = ["--ledger", REPOSITORY / "ledger", "--claims", CLAIMS]
    args += ["--leaderboard", REPOSITORY / "book" / "_data" / "leaderboard.json"]
    assert main(["ledger", "claims", *map(str, args)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == len(read_claims(CLAIMS)) + 2


def test_a_star_stands_for_all_seeds_and_their_mean_answers():
    """Two seeds that are lucky on different videos: each alone says something else than both together."""
    given = rows(**{"run-seed-0": [0.6, 0.8], "run-seed-1": [0.8, 0.6], "run-seed-0-flow": [0.9, 0.9]})
    claim = LEVEL._replace(row="run-seed-*")
    found = answer(claim, claim, given, {})
    assert found.ours == 70.0
    assert found.interval == (0.0, 0.0)
    part = PART._replace(row="run-seed-*-flow", less="run-seed-*")
    assert answer(part, part, given, {}).ours == 20.0
