"""Data as people have them: separators, names of numbers, nested JSON, tagged words, a text a file, documents."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import edgekit
from row_files import write
from tiny_recipe import rows

from edgekit.data.splits import load_data
from edgekit.data.text_corpus import Corpus
from edgekit.data.token_blocks import load_text
from edgekit.errors import EdgekitWarning, UsageError
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.options.data_options import DataSpec

SCRATCH = ("--scratch", "layers=1,hidden=16,heads=2,ffn=32,vocabulary=200,max_length=16")


@pytest.mark.parametrize(
    ("name", "mark", "told"),
    [("a.csv", ";", ";"), ("a.tsv", "|", "pipe"), ("a.csv", "\t", "tab"), ("a.csv", "\t", "\\t"), ("a.txt", "|", "|")],
)
def test_any_separator(tmp_path, name, mark, told):
    path = write(tmp_path / name, f"text{mark}label\ngood, fine{mark}1\nbad{mark}0\n")
    spec = DataSpec.from_flags({"test": path, "separator": told})
    assert list(load_data(spec).test.texts) == ["good, fine", "bad"]
    # as a recipe has it, and as the command line that does the same
    assert DataSpec.parse(spec.model_dump(mode="json", exclude_none=True), "data") == spec
    line = command_line("evaluate", **data_flags(spec))
    assert "--separator" in line


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"separator": ";;"}, "is not one character"),
        ({"separator": "\n"}, "is not one character"),
        ({"separator": ";", "format": "jsonl"}, "separator is for tables of text"),
        ({"label_names": ("a", "a")}, "each label needs a name of its own"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, given, complaint):
    with pytest.raises(UsageError, match=complaint):
        DataSpec.from_flags({"test": tmp_path / "a.csv", **given})


def test_what_would_not_be_used_is_refused(tmp_path):
    rows_file = write(tmp_path / "a.jsonl", '{"text": "a", "label": 0}\n{"text": "b", "label": 1}\n')
    with pytest.raises(UsageError, match="is no table whose columns are parted"):
        load_data(DataSpec(test=rows_file, separator=";"))
    with pytest.raises(UsageError, match="--documents is for the text of language models"):
        load_data(DataSpec(test=rows_file, documents="line"))
    text = write(tmp_path / "a.txt", "one\n")
    for name, value in (("separator", ";"), ("label_names", ("a", "b"))):
        with pytest.raises(UsageError, match=r"--\S+ is for rows with labels"):
            load_text(DataSpec(train=text, **{name: value}))


def test_numbers_have_the_names_that_were_told(tmp_path):
    path = write(tmp_path / "a.tsv", "text\tlabel\ngood\t1\nbad\t0\nso so\t1.0\nfine\tgood\n")
    data = load_data(DataSpec(test=path, label_names=("bad", "good")))
    assert (data.labels, [data.labels[code] for code in data.test.labels]) == (
        ("bad", "good"),
        ["good", "bad", "good", "good"],
    )
    with pytest.raises(UsageError, match=r"a.tsv, line 3: the label '2' is none of the numbers 0 to 1") as caught:
        load_data(DataSpec(test=write(path, "text\tlabel\nx\t1\ny\t2\n"), label_names=("a", "b")))
    assert "--label-names" in caught.value.advice


@pytest.mark.parametrize("column", ["label_name", "label_text"])
def test_a_column_of_names_beside_the_numbers(tmp_path, column):
    path = write(tmp_path / "a.csv", f"text,label,{column}\ngood,1,positive\nbad,0,negative\nfine,1,positive\n")
    data = load_data(DataSpec(test=path))
    assert data.labels == ("negative", "positive")
    assert data.columns["label"] == column and data.columns["label_number"] == "label"
    # a model of LABEL_0 and its like is meant by the numbers
    nameless = load_data(DataSpec(test=path), labels=("LABEL_0", "LABEL_1"))
    assert list(nameless.test.labels) == [1, 0, 1]
    assert load_data(DataSpec(test=path, label="label")).labels == ("0", "1")
    write(path, f"text,label,{column}\ngood,1,positive\nbad,1,negative\n")
    with pytest.raises(UsageError, match="is called 'negative' here and 'positive' before") as caught:
        load_data(DataSpec(test=path))
    assert "--label COLUMN" in caught.value.advice


@pytest.mark.parametrize("nested", ["lists", "objects"])
def test_json_with_all_splits(tmp_path, nested):
    made = {"train": rows(60, 1), "val": rows(9, 2), "test": rows(12, 3)}
    if nested == "objects":
        made = {name: [{"text": text, "intent": label} for text, label in each] for name, each in made.items()}
    path = write(tmp_path / "data_full.json", json.dumps({**made, "oos_test": []}))
    with pytest.warns(EdgekitWarning, match="oos_test are no splits, and not read"):
        data = load_data(DataSpec.from_text(str(path)))
    assert (len(data.train), len(data.validation), len(data.test)) == (60, 9, 12)
    assert list(data.test.texts) == [text for text, _ in rows(12, 3)]
    code, out, err = edgekit(
        *("finetune", *SCRATCH, "--data", path, "--epochs", 1, "--batch-size", 16, "--json", "-o", tmp_path / "out")
    )
    assert code == 0, err
    assert {name: split["rows"] for name, split in json.loads(out)["data"]["splits"].items()} == {
        "train": 60,
        "validation": 9,
        "test": 12,
    }


def test_json_of_rows(tmp_path):
    path = write(tmp_path / "a.json", '[{"text": "good", "label": 1},\n {"text": "bad", "label": 0}]')
    assert list(load_data(DataSpec.from_text(str(path))).test.texts) == ["good", "bad"]
    # one object a line, as some call .json
    write(path, '{"text": "good", "label": 1}\n{"text": "bad", "label": 0}\n')
    assert list(load_data(DataSpec.from_text(str(path))).test.texts) == ["good", "bad"]
    write(path, '[["one", "two", "same"], ["one", "three", "other"]]')
    assert list(load_data(DataSpec.from_text(str(path))).test.pairs) == ["two", "three"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"rows": []}', "has no rows of test, but 'rows'"),
        ("7", "is no list of rows but a int"),
        ('{"test": {"text": []}}', "a.json, test is no list of rows"),
        ('[["a"], ["b", 1]]', "row 1: neither an object nor a list of text and label"),
        ('[{"text": ', "is not JSON"),
    ],
)
def test_other_json_is_refused_with_the_cure(tmp_path, text, complaint):
    with pytest.raises(UsageError, match=complaint) as caught:
        load_data(DataSpec.from_text(str(write(tmp_path / "a.json", text))))
    assert caught.value.advice


CONLL = "EU B-ORG\nrejects O\nGerman B-MISC\ncall O\n. O\n\nPeter B-PER\nBlackburn I-PER\n\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.txt", CONLL),
        ("train.tsv", CONLL.replace(" ", "\t")),
        ("train.txt", "-DOCSTART- -X- O O\n\n" + CONLL),
        ("train.txt", CONLL.replace(" ", " NNP I-NP ")),
    ],
)
def test_tagged_words_are_refused_with_the_cure(tmp_path, name, text):
    write(tmp_path / name, text * 3)
    code, out, err = edgekit("finetune", *SCRATCH, "--train", tmp_path / name, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "has a word and its tag on each line (CoNLL)" in err and "one text and one label a row" in err


def test_a_file_of_a_tagger_is_told_by_its_ending(tmp_path):
    with pytest.raises(UsageError, match=r"edgekit reads no '\.conll'") as caught:
        load_data(DataSpec(train=write(tmp_path / "train.conll", CONLL)))
    assert "one text and one label a row" in caught.value.advice


def test_labels_of_one_letter_are_no_tags(tmp_path):
    path = write(tmp_path / "a.tsv", "text\tlabel\n" + "word\tO\nother\tX\n" * 20)
    assert load_data(DataSpec(test=path)).labels == ("O", "X")


@pytest.mark.parametrize("place", ["", "train"])
def test_a_text_a_file_is_refused_with_the_cure(tmp_path, place):
    for label in ("neg", "pos"):
        folder = tmp_path / "aclImdb" / place / label
        folder.mkdir(parents=True)
        for number in range(3):
            write(folder / f"{number}_1.txt", "a film")
    code, out, err = edgekit("finetune", *SCRATCH, "--data", tmp_path / "aclImdb", "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "holds a text a file, in folders called as labels (neg, pos)" in err
    assert '{"text": ..., "label": "neg"}' in err and "train.jsonl" in err
    code, _, err = edgekit("finetune", *SCRATCH, "--train", tmp_path / "aclImdb" / place, "-o", tmp_path / "out")
    assert (code, "holds a text a file" in err) == (2, True)
    (tmp_path / "empty").mkdir()
    code, _, err = edgekit("finetune", *SCRATCH, "--train", tmp_path / "empty", "-o", tmp_path / "out")
    assert (code, "is a folder" in err, "--data FOLDER" in err) == (2, True, True)


@pytest.mark.parametrize(("kind", "found"), [("file", 1), ("blank-line", 2), ("line", 3), (None, 1)])
def test_documents_are_what_was_said(tmp_path, kind, found):
    path = write(tmp_path / "a.txt", "one line\nanother\n\n \nthird\n")
    corpus = Corpus(path, documents=kind)
    documents = ["".join(document) for document in corpus]
    assert len(documents) == corpus.documents == found
    if kind == "blank-line":
        assert documents == ["one line\nanother", "third"]
    with pytest.raises(UsageError, match="says itself what a document is: a row"):
        Corpus(write(tmp_path / "a.jsonl", '"one"\n'), documents="line")


def test_documents_by_the_command_line(tmp_path):
    text = "".join(f"the lamp in room {number} is bright\n{'' if number % 4 else chr(10)}" for number in range(300))
    path = write(tmp_path / "train.txt", text)
    shape = "family=gpt2,layers=1,hidden=16,heads=2,ffn=32,vocabulary=300,max_length=32"
    words = ("finetune", "--scratch", shape, "--train", path, "--max-length", 16, "--epochs", 1)
    code, _, err = edgekit(*words, "--documents", "blank-line", "-o", tmp_path / "out")
    assert code == 0, err
    assert "train: 76 documents (each is what stands between blank lines)" in err
    code, out, err = edgekit("evaluate", tmp_path / "out", "--test", path, "--documents", "line", "--json")
    assert (code, json.loads(out)["documents"]) == (0, 300), err


def test_balanced_weights_give_each_label_the_same_part(tmp_path):
    import torch

    from edgekit.compress.training.losses import class_weights, cross_entropy, label_loss
    from edgekit.options.train_options import FinetuneOptions

    path = write(tmp_path / "train.tsv", "text\tlabel\n" + "a\tx\n" * 8 + "b\ty\n" * 2)
    data = load_data(DataSpec(train=path))
    assert class_weights(data, FinetuneOptions()) is None
    weights = class_weights(data, FinetuneOptions(class_weights="balanced"))
    assert weights == (10 / 16, 10 / 4)
    logits = torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0] * 8 + [1] * 2)
    each = [float(cross_entropy(logits[labels == label], {"labels": labels[labels == label]})) for label in (0, 1)]
    assert float(label_loss(None, weights)(logits, {"labels": labels})) == pytest.approx(np.mean(each), rel=1e-5)


def test_uneven_labels_by_the_command_line(tmp_path):
    """With 24 doors among 324 rows the plain loss ends at lights; a balanced one learns both."""
    made = [(text, label) for text, label in rows(900, 1) if label != "music"]
    few = [row for row in made if row[1] == "door"][:24]
    lines = [f"{text}\t{label}\n" for text, label in [row for row in made if row[1] == "light"] + few]
    data = tmp_path / "data"
    data.mkdir()
    write(data / "train.tsv", "text\tlabel\n" + "".join(lines))
    test = [(text, label) for text, label in rows(120, 2) if label != "music"]
    write(data / "validation.tsv", "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in test))
    found = {}
    for weights in ([], ["--class-weights", "balanced", "--metric", "macro_f1"]):
        out = tmp_path / f"out{len(weights)}"
        code, text, err = edgekit(
            *("finetune", "--scratch", "layers=1,hidden=32,heads=2,ffn=64,vocabulary=200,max_length=16"),
            *("--data", data, "--epochs", 4, "--batch-size", 16, "--learning-rate", "3e-3", *weights, "--json"),
            *("-o", out),
        )
        assert code == 0, err
        found[len(weights)] = json.loads(text)["training"]
    assert found[0]["never_predicted"] == ["door"] and found[4]["never_predicted"] == []
    assert (found[0]["metric"], found[4]["metric"]) == ("accuracy", "macro_f1")
    best = {point["step"]: point["value"] for point in found[4]["validations"]}
    assert max(best.values()) == best[found[4]["best_step"]] > 60
    code, text, _ = edgekit("evaluate", tmp_path / "out4", "--data", data, "--split", "validation", "--json")
    assert json.loads(text)["macro_f1"] == pytest.approx(best[found[4]["best_step"]], abs=0.01)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ("finetune", *SCRATCH, "--problem-type", "multi_label_classification"),
            "--metric is for classifiers of single",
        ),
        (("finetune", "--scratch", "family=gpt2,layers=1,hidden=16,heads=2,ffn=32,vocabulary=300"), "--metric is for"),
    ],
)
def test_options_of_single_labels_are_refused_elsewhere(tmp_path, words, complaint):
    multi = write(
        tmp_path / "train.jsonl",
        "".join(json.dumps({"text": f"t {n}", "label": ["a", "b"]}) + "\n" for n in range(30)),
    )
    path = write(tmp_path / "text.txt", "word\n" * 400) if "gpt2" in words[2] else multi
    code, out, err = edgekit(*words, "--train", path, "--metric", "macro_f1", "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert complaint in err
