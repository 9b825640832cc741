"""Test rows that are training rows: no figure counts them, the record says so, and no budget passes by them."""

from __future__ import annotations

import json
import random

import pytest
from command_line import edgekit
from labelled_rows import LABELS, bundle_of, given_to, write_rows
from tiny_recipe import rows, write_recipe

from edgekit.bundle.manifest import Manifest
from edgekit.errors import EdgekitWarning

pytestmark = pytest.mark.filterwarnings("ignore::edgekit.errors.EdgekitWarning")
WORDS = ("turn", "off", "the", "light", "fan", "door", "lock", "open", "close", "warmer", "colder", "kitchen")


def texts(count, seed):
    generator = random.Random(seed)
    return list(dict.fromkeys(" ".join(generator.sample(WORDS, 6)) for _ in range(count)))


def wrong(text):
    return next(label for label in LABELS if label != given_to(text))


@pytest.fixture
def leaky(tmp_path):
    """40 test rows, of which the bundle has 33 training rows right, and 7 others wrong."""
    learned, unseen = texts(60, 1), [text for text in texts(60, 2) if text not in texts(60, 1)][:7]
    folder = tmp_path / "data"
    folder.mkdir()
    write_rows(folder / "train.jsonl", [(text, given_to(text)) for text in learned])
    rows = [(text, given_to(text)) for text in learned[:33]] + [(text, wrong(text)) for text in unseen]
    random.Random(3).shuffle(rows)
    write_rows(folder / "test.jsonl", rows)
    return bundle_of(tmp_path / "bundle"), folder


def test_training_rows_are_no_pass(leaky):
    bundle, data = leaky
    code, out, _ = edgekit("evaluate", bundle, "--data", data)
    assert (code, "7 rows of data/test" in out, "33 rows more that are training rows too" in out) == (0, True, True)
    (record,) = Manifest.of(bundle).accuracy
    assert (record.rows, record.left_out, record.training_rows, record.accuracy) == (7, 33, 33, 0)
    code, out, _ = edgekit("gate", bundle, "--budget", "min_accuracy=60", "--json")
    row = json.loads(out)["verdicts"][0]["verdict"]
    assert (code, row["outcome"], row["measured"]) == (1, "fail", 0)
    assert "33 rows left out that it was trained on" in str(row)


def test_what_is_known_of_rows_is_not_forgotten(leaky):
    """Without the training rows 33 of 40 would be right; that they are training rows was told before."""
    bundle, data = leaky
    assert edgekit("evaluate", bundle, "--data", data)[0] == 0
    assert edgekit("evaluate", bundle, "--test", data / "test.jsonl")[0] == 0
    code, out, _ = edgekit("gate", bundle, "--budget", "min_accuracy=60", "--json")
    row = json.loads(out)["verdicts"][0]["verdict"]
    assert (code, row["outcome"]) == (3, "unmeasured")
    assert "33 of the 40 rows" in row["reason"] and "are left out then" in row["advice"]


def test_a_file_of_training_rows_is_known_by_its_hash(tmp_path, finished_run):
    """Given as test rows to a model that learned from it, with and without the tenth for validation."""
    _, folder, _ = finished_run
    train = folder.parent / "data" / "train.tsv"
    code, out, _ = edgekit("evaluate", folder / "teacher", "--test", train, "--json")
    found = json.loads(out)
    assert (code, found["rows"], found["training_rows"], found["left_out"]) == (0, 600, 600, 0)


def test_so_is_one_of_which_a_tenth_was_carved_off(tmp_path):
    train = tmp_path / "train.tsv"
    train.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows(60, 1)))
    other = tmp_path / "other.tsv"
    other.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows(60, 2)))
    shape = "layers=1,hidden=16,heads=2,ffn=32,vocabulary=200,max_length=16"
    words = ("--train", train, "--epochs", 1, "--max-length", 16, "-o", tmp_path / "out")
    assert edgekit("finetune", "--scratch", shape, *words)[0] == 0
    for words, counted in (
        (("--test", train), (60, 60, 0)),
        (("--test", other), (60, 0, 0)),
        (("--train", train, "--test", other, "--split", "train"), (54, 54, 0)),
        (("--train", train, "--test", other, "--split", "validation"), (6, 0, 0)),
    ):
        code, out, err = edgekit("evaluate", tmp_path / "out", *words, "--json")
        assert code == 0, err
        found = json.loads(out)
        assert (found["rows"], found["training_rows"], found["left_out"]) == counted, words


def test_all_test_rows_in_the_training_rows_are_refused(tmp_path, leaky):
    bundle, data = leaky
    some = [json.loads(line) for line in (data / "train.jsonl").read_text().splitlines()[:20]]
    write_rows(data / "test.jsonl", [(row["text"], row["label"]) for row in some])
    code, out, err = edgekit("evaluate", bundle, "--data", data)
    assert (code, out) == (2, "")
    assert "all 20 test rows are training rows too" in err


def test_changes_name_the_rows_of_the_file(tmp_path, leaky):
    bundle, data = leaky
    other = bundle_of(tmp_path / "other", LABELS[1:] + LABELS[:1])
    code, _, err = edgekit(
        *("evaluate", bundle, "--data", data, "--against", f"teacher={other}", "--changes", tmp_path / "c.jsonl")
    )
    assert code == 0, err
    rows = [json.loads(line) for line in (data / "test.jsonl").read_text().splitlines()]
    changes = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert changes
    assert all(rows[change["row"] - 1]["text"] == change["text"] for change in changes)
    learned = {json.loads(line)["text"] for line in (data / "train.jsonl").read_text().splitlines()}
    assert not learned & {change["text"] for change in changes}


def test_leaks_are_warned_of_once(leaky):
    from edgekit.data.splits import read_data
    from edgekit.options.data_options import DataSpec

    with pytest.warns(EdgekitWarning, match=r"33 of 40 test rows .* it is evaluated on the others"):
        rows = read_data(DataSpec.from_text(str(leaky[1])))
    assert int(rows.shared["test"].sum()) == 33


def test_other_labels_name_the_model(tmp_path, leaky):
    bundle, data = leaky
    stranger = bundle_of(tmp_path / "stranger", ("x", "y", "z"))
    code, _, err = edgekit("evaluate", bundle, "--data", data, "--against", f"teacher={stranger}")
    assert code == 2
    assert "the test rows have labels that stranger was not trained on" in err, err


def test_a_run_says_it_once_and_judges_on_the_others(tmp_path, device_home):
    """All of it by a recipe: every stage reads the rows."""
    recipe = write_recipe(
        tmp_path, stages={"finetune": {"epochs": 1, "batch_size": 32, "max_length": 16}, "export": {"format": "onnx"}}
    )
    train, test = (tmp_path / "data" / f"{name}.tsv" for name in ("train", "test"))
    head, *own = test.read_text().splitlines()
    test.write_text("\n".join([head, *train.read_text().splitlines()[1:121], *own[:30]]) + "\n")
    budgets = 'budgets=[{"metric": "min_accuracy", "limit": 5}]'
    code, out, err = edgekit("run", recipe, "--set", budgets, "-o", tmp_path / "run", "--json")
    assert code in (0, 1, 3), err
    assert err.count("120 of 150 test rows") == 1
    (row,) = json.loads(out)["verdicts"]
    assert row["verdict"]["notes"] == ["120 rows left out that it was trained on"]
    assert row["verdict"]["basis"]["rows"] == 30
    lineage = Manifest.of(tmp_path / "run" / "bundles" / "onnx").lineage
    assert lineage[0].shared == {"test": 120}
