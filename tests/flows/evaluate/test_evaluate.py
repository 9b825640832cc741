"""`edgekit evaluate` on classifiers: figures against scikit-learn and scipy, labels and texts in any script."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from labelled_rows import LABELS, NASTY, bundle_of, found_in, given_to, labelled, run, texts, write_rows

from edgekit.bundle.evaluation import Accuracy
from edgekit.bundle.manifest import Manifest
from edgekit.errors import UsageError
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions


@pytest.fixture
def rows():
    return labelled()


@pytest.fixture
def data(tmp_path, rows):
    return write_rows(tmp_path / "多语言.jsonl", rows)


def test_the_figures_of_a_bundle_are_scikit_learns_and_stay_in_its_manifest(tmp_path, rows, data):
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, precision_recall_fscore_support

    bundle = bundle_of(tmp_path / "bundle")
    found = found_in(bundle, "--data", data)
    wanted, given = [label for _, label in rows], [given_to(text) for text, _ in rows]
    assert found["accuracy"] == pytest.approx(100 * accuracy_score(wanted, given))
    assert found["macro_f1"] == pytest.approx(100 * f1_score(wanted, given, average="macro"))
    assert found["mcc"] == pytest.approx(matthews_corrcoef(wanted, given))
    assert found["macro_f1_low"] < found["macro_f1"] < found["macro_f1_high"]
    assert found["mcc_low"] < found["mcc"] < found["mcc_high"]
    others = precision_recall_fscore_support(wanted, given, labels=LABELS)
    for row, label, *figures in zip(found["classes"], LABELS, *others, strict=True):
        assert row["label"] == label
        assert [row["precision"], row["recall"], row["f1"]] == pytest.approx([100 * value for value in figures[:3]])
        assert row["rows"] == figures[3]
        assert row["predicted"] == given.count(label)
        assert 0 <= row["low"] <= row["f1"] <= row["high"] <= 100
    assert sum(pair["rows"] for pair in found["confused"]) == sum(a != b for a, b in zip(wanted, given, strict=True))
    (kept,) = Manifest.read(bundle / "manifest.json").accuracy
    assert kept.model_dump(mode="json").items() <= found.items()
    assert kept.content_hash == Manifest.of(bundle).content_hash


@pytest.mark.parametrize(("format", "limit"), [("onnx", 32), ("tflite", 16)])
def test_rows_that_a_bundle_cuts_are_counted(tmp_path, format, limit):
    counts = [1, limit - 2, limit - 1, limit, 60]
    path = tmp_path / "long.tsv"
    lines = [f"{' '.join(['door'] * count)}\t{LABELS[0]}" for count in counts]
    path.write_text("\n".join(["text\tlabel", *lines]) + "\n")
    found = found_in(bundle_of(tmp_path / "bundle", format=format), "--data", path)
    assert found["truncated"] == sum(count + 2 > limit for count in counts) == 3
    pairs = tmp_path / "pairs.tsv"
    lines = [f"{' '.join(['door'] * count)}\tlight light\t{LABELS[0]}" for count in (1, limit - 5, limit - 4, 60)]
    pairs.write_text("\n".join(["text\ttext_pair\tlabel", *lines]) + "\n")
    found = found_in(tmp_path / "bundle", "--data", pairs)
    assert found["truncated"] == 2


def test_a_paired_comparison_is_scipys_whatever_the_order_of_the_labels(tmp_path, rows, data):
    from scipy.stats import binomtest
    from sklearn.metrics import f1_score

    turned = (LABELS[1], LABELS[0], LABELS[2])
    before, after = bundle_of(tmp_path / "teacher", turned), bundle_of(tmp_path / "bundle")
    (drop,) = found_in(after, "--data", data, "--against", f"老师={before}")["drops"]
    wanted = [label for _, label in rows]
    first, second = [given_to(text, turned) for text, _ in rows], [given_to(text) for text, _ in rows]
    lost = sum(a == b != c for a, b, c in zip(wanted, first, second, strict=True))
    gained = sum(a == c != b for a, b, c in zip(wanted, first, second, strict=True))
    assert (drop["baseline"], drop["lost"], drop["gained"]) == ("老师", lost, gained)
    assert drop["points"] == pytest.approx(100 * (lost - gained) / len(rows))
    assert drop["p_value"] == pytest.approx(binomtest(lost, lost + gained).pvalue)
    f1s = [f1_score(wanted, given, average="macro") for given in (first, second)]
    assert drop["macro_f1_points"] == pytest.approx(100 * (f1s[0] - f1s[1]))
    for low, value, high in (("low", "points", "high"), ("bootstrap_low", "points", "bootstrap_high")):
        assert drop[low] < drop[value] < drop[high] < 0
    assert drop["macro_f1_low"] < drop["macro_f1_points"] < drop["macro_f1_high"]


def test_a_difference_and_its_interval_have_one_sign(tmp_path, data):
    turned = (LABELS[1], LABELS[0], LABELS[2])
    worse, better = bundle_of(tmp_path / "worse", turned), bundle_of(tmp_path / "better")
    drop = found_in(better, "--data", data, "--against", f"other={worse}")["drops"][0]
    shown = run(better, "--data", data, "--against", f"other={worse}").stdout
    other = f"other at {drop['baseline_accuracy']:.2f} %"
    assert f"accuracy {-drop['points']:.2f} points above {other} ({-drop['high']:.2f} to {-drop['low']:.2f})" in shown
    assert f"by a bootstrap {-drop['bootstrap_high']:.2f} to {-drop['bootstrap_low']:.2f}" in shown
    assert f"macro-F1 {-drop['macro_f1_points']:.2f} points above other (" in shown
    shown = run(worse, "--data", data, "--against", f"other={better}").stdout
    assert f"accuracy {-drop['points']:.2f} points below other" in shown
    assert f"({-drop['high']:.2f} to {-drop['low']:.2f})" in shown


def test_how_many_rows_have_the_label_of_the_other_model(tmp_path, rows, data):
    turned = (LABELS[1], LABELS[0], LABELS[2])
    before, after = bundle_of(tmp_path / "teacher", turned), bundle_of(tmp_path / "bundle")
    words = (after, "--data", data, "--against", f"teacher={before}")
    (drop,) = found_in(*words)["drops"]
    same = sum(given_to(text, turned) == given_to(text) for text, _ in rows)
    assert 0 < same < len(rows)
    assert drop["unchanged_pct"] == pytest.approx(100 * same / len(rows))
    # the interval of a share does not know of accuracy
    assert 0 < drop["unchanged_low"] < drop["unchanged_pct"] < drop["unchanged_high"] < 100
    interval = f"({drop['unchanged_low']:.2f} to {drop['unchanged_high']:.2f})"
    assert f"{drop['unchanged_pct']:.2f} % of the rows have the label of teacher {interval}" in run(*words).stdout
    (kept,) = Manifest.of(after).accuracy
    assert kept.drops[0].unchanged_pct == drop["unchanged_pct"]


def test_a_model_is_as_accurate_as_another_that_it_hardly_agrees_with(tmp_path):
    """What accuracy cannot tell: each is right on its own half."""
    turned = (LABELS[1], LABELS[0], LABELS[2])
    swapped = [text for text in texts() if given_to(text) != LABELS[2]][:40]
    half = [given_to(text) if place % 2 else given_to(text, turned) for place, text in enumerate(swapped)]
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps({"text": a, "label": b}) + "\n" for a, b in zip(swapped, half, strict=True)))
    before, after = bundle_of(tmp_path / "teacher", turned), bundle_of(tmp_path / "bundle")
    (drop,) = found_in(after, "--data", path, "--against", f"teacher={before}")["drops"]
    assert (drop["points"], drop["unchanged_pct"]) == (0, 0)


def test_rows_that_were_cut_are_told_with_their_share(tmp_path):
    path = tmp_path / "long.tsv"
    lines = [f"{'door ' * (60 if place == 0 else 2)}\tdoor" for place in range(40)]
    path.write_text("\n".join(["text\tlabel", *lines, "light\tlight", "now\tclimate"]) + "\n")
    bundle = bundle_of(tmp_path / "bundle", ("light", "door", "climate"))
    assert "1 rows are longer than the model takes and were cut (2.4 %)" in run(bundle, "--data", path).stdout


def read_changes(path):
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    header, *lines = [line.split("\t") for line in path.read_bytes().decode("utf-8").split("\n")[:-1]]
    return [dict(zip(header, map(unescaped, line), strict=True)) for line in lines]


def unescaped(field):
    marks = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}
    parts, at = [], 0
    while at < len(field):
        piece = field[at : at + 2]
        parts.append(marks.get(piece, field[at]))
        at += 2 if piece in marks else 1
    return "".join(parts)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
def test_the_rows_that_changed_are_written_whole(tmp_path, rows, data, kind):
    turned = (LABELS[1], LABELS[0], LABELS[2])
    before, after = bundle_of(tmp_path / "teacher", turned), bundle_of(tmp_path / "bundle")
    path = tmp_path / "folder" / f"changes.{kind}"
    found = found_in(after, "--data", data, "--against", f"teacher={before}", "--changes", path)
    changed = [
        (place, text, label) for place, (text, label) in enumerate(rows, start=1) if given_to(text) != LABELS[2]
    ]
    written = read_changes(path)
    assert len(written) == found["changes"] == len(changed)
    for row, (place, text, wanted) in zip(written, changed, strict=True):
        old, new = given_to(text, turned), given_to(text)
        assert (int(row["row"]), row["expected"], row["baseline"]) == (place, wanted, "teacher")
        assert (row["baseline_label"], row["label"]) == (old, new)
        assert row["change"] == ("lost" if old == wanted else "gained" if new == wanted else "wrong")
        assert row["text"] in ((text,) if kind == "jsonl" else (text, f"'{text}"))
        assert not row["text_pair"]
    assert {row["change"] for row in written} == {"lost", "gained", "wrong"}
    by_row = {int(row["row"]): row["text"] for row in written}
    assert {place for place, text, _ in changed if text in NASTY} <= by_row.keys()
    if kind != "jsonl":
        assert all(not text.lstrip().startswith(tuple("=+-@＝")) for text in by_row.values())
        assert all(not text.startswith('"') for text in by_row.values())
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--changes", "a.jsonl"], "--changes needs a model"),
        (["--changes", "a.xlsx", "--against", "x=y"], "changes are written as .jsonl, .tsv, .csv"),
        (["--changes", "folder.tsv", "--against", "x=y"], "is a folder"),
        (["--against", "x"], "not NAME=MODEL"),
        (["--against", "=x"], "not NAME=MODEL"),
        (["--against", "x=y", "--against", "x=z"], "two models 'x'"),
        (["--stride", "0"], "stride"),
    ],
)
def test_wrong_usage_is_said_before_anything_runs(tmp_path, data, monkeypatch, words, complaint):
    monkeypatch.chdir(tmp_path)
    Path("folder.tsv").mkdir()
    bundle = bundle_of(tmp_path / "bundle")
    before = (bundle / "manifest.json").read_bytes()
    error = run(bundle, "--data", data, *words).exception
    assert isinstance(error, UsageError)
    assert complaint in error.message
    assert (bundle / "manifest.json").read_bytes() == before
    assert not Path("a.jsonl").exists()


def test_other_rows_are_not_compared(tmp_path, data):
    bundle = bundle_of(tmp_path / "bundle")
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(data.read_text().splitlines()[1:]))
    first = evaluate(bundle, DataSpec(test=other))
    with pytest.raises(UsageError, match="teacher was evaluated on other rows"):
        evaluate(bundle, DataSpec(test=data), against={"teacher": first})


MANY = tuple(f"{name} {number}" for number in range(5) for name in ("音乐", "موسيقى", "🎵", "lights", "погода"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A random DistilBERT of 25 labels."""
    import torch

    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.models.scratch import new_classifier, train_wordpiece
    from edgekit.schema.shape import Scratch

    folder = tmp_path_factory.mktemp("checkpoints") / "many"
    folder.mkdir()
    tokenizer = train_wordpiece(texts() * 4, 300, 48)
    torch.manual_seed(1)
    shape = Scratch(layers=1, hidden=32, heads=2, ffn=32, vocabulary=300, max_length=48)
    model = new_classifier(shape, tokenizer, MANY)
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter)
    save_checkpoint(model, tokenizer, folder, lineage=())
    return folder


def test_a_checkpoint_is_evaluated_as_transformers_does_and_its_cut_rows_are_counted(tmp_path, checkpoint):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    path = tmp_path / "data.jsonl"
    path.write_text(
        "".join(json.dumps({"text": text, "label": MANY[place % 25]}) + "\n" for place, text in enumerate(texts() * 2))
    )
    found = found_in(checkpoint, "--data", path, "--max-length", "12")
    given, cut = [], 0
    for text in texts() * 2:
        encoded = tokenizer(text, truncation=True, max_length=12, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            given.append(int(model(**encoded).logits.argmax()))
        cut += len(tokenizer(text).input_ids) > 12
    right = sum(place % 25 == label for place, label in enumerate(given))
    assert found["accuracy"] == pytest.approx(100 * right / len(given))
    assert [row["predicted"] for row in found["classes"]] == np.bincount(given, minlength=25).tolist()
    assert found["truncated"] == cut > 0
    shown = run(checkpoint, "--data", path, "--max-length", "12").stdout
    assert f"{cut} rows are longer than the model takes and were cut ({100 * cut / len(given):.2g} %)" in shown
    assert "The 20 of 25 classes with the lowest F1" in shown
    assert sum(f"{label} " in shown.partition("Confused most")[0] for label in MANY) == 20
    everything = run(checkpoint, "--data", path, "--all-classes").stdout
    assert all(f"{label} " in everything.partition("Confused most")[0] for label in MANY)
    assert "MCC" in everything and "macro-F1" in everything


def test_accuracy_says_what_it_is_without_rows_cut(tmp_path, data):
    found = evaluate(bundle_of(tmp_path / "bundle"), DataSpec(test=data), EvaluateOptions(threads=1)).accuracy
    assert isinstance(found, Accuracy)
    assert found.truncated == 0
    assert "were cut" not in run(tmp_path / "bundle", "--data", data).stdout


def test_the_data_are_read_once_for_all_models(tmp_path, data, monkeypatch):
    """Counted where files are opened: a pipe that is read twice is empty the second time, and a hub set is slow."""
    from edgekit.data import splits

    opened = []
    read_rows = splits.read_rows

    def counted(path, *how, **options):
        opened.append(path)
        return read_rows(path, *how, **options)

    monkeypatch.setattr(splits, "read_rows", counted)
    turned = (LABELS[1], LABELS[0], LABELS[2])
    first, second = bundle_of(tmp_path / "first", turned), bundle_of(tmp_path / "second")
    changes = tmp_path / "changes.jsonl"
    words = ["--against", f"a={first}", "--against", f"b={first}", "--changes", changes]
    found = found_in(second, "--data", data, *words)
    assert opened == [data]
    assert found["accuracy"] == evaluate(second, DataSpec(test=data)).accuracy.accuracy
    assert found["drops"][0]["baseline_accuracy"] == evaluate(first, DataSpec(test=data)).accuracy.accuracy
    compared = evaluate(second, DataSpec(test=data), against={"a": first, "b": evaluate(first, DataSpec(test=data))})
    assert [drop.model_dump(mode="json") for drop in compared.accuracy.drops] == found["drops"]
