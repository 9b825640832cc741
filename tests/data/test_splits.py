"""Splits: found in a folder, carved and hashed, their labels numbered, and rows that are in two of them."""

from __future__ import annotations

import json
import warnings

import pytest
from row_files import folder, write

from edgekit.cli import main
from edgekit.data.splits import Split, load_data
from edgekit.errors import EdgekitWarning, NoLabelError, NotFoundError, UsageError
from edgekit.io.hashing import value_sha256
from edgekit.options.data_options import DataSpec

JSONL = ("text", "text_pair", "label")


def test_splits_of_a_folder_and_labels_by_name(tmp_path):
    data = load_data(folder(tmp_path, dev="sentence\tlabel\nfine\t1\n", test="sentence\tlabel\npoor\t0\n"))
    assert (data.labels, list(data.validation.labels), list(data.test.texts)) == (("0", "1"), [1], ["poor"])


def test_label_that_training_never_had(tmp_path):
    with pytest.raises(UsageError, match=r"labels that the model was not trained on: 'maybe' \(.*test.tsv, line 3\)"):
        load_data(folder(tmp_path, test="sentence\tlabel\nok\t1\nhm\tmaybe\n"))


@pytest.mark.parametrize("name", ["smart-hom", "no/such/folder", "missing.tsv"])
def test_data_that_is_not_there(name):
    with pytest.raises(NotFoundError):
        DataSpec.from_text(name)


def test_a_carved_validation_split_is_the_same_for_every_reader_and_hashed_as_it_is_used(tmp_path):
    spec = folder(tmp_path, "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(100)))
    first, again = load_data(spec), load_data(spec, labels=("0", "1"))
    assert list(rows_of(first.validation)) == list(rows_of(again.validation))
    assert len(first.validation) == 10
    assert sorted([*first.train.texts, *first.validation.texts]) == sorted(f"row {i}" for i in range(100))
    assert first.sha256 == again.sha256
    write(tmp_path / "kept.tsv", "text\tlabel\n" + "".join(f"{t}\t{n}\n" for t, n in rows_of(first.validation)))
    write(tmp_path / "rest.tsv", "text\tlabel\n" + "".join(f"{t}\t{n}\n" for t, n in rows_of(first.train)))
    files = DataSpec(train=tmp_path / "rest.tsv", validation=tmp_path / "kept.tsv")
    assert load_data(files).sha256 == first.sha256


def rows_of(split):
    return zip(split.texts, split.labels, strict=True)


def test_numbered_labels_meet_the_names_of_a_model(tmp_path):
    data = load_data(folder(tmp_path), labels=("NEGATIVE", "POSITIVE"))
    assert data.train.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("train", "labels"),
    [
        ("good\t1\nbad\t2\n", ("1", "5")),
        ("good\t1\nbad\tNEGATIVE\n", ("NEGATIVE", "POSITIVE")),
        ("good\t1\nbad\t2\n", ("NEGATIVE", "POSITIVE")),
        ("good\t1\nbad\t01\n", ("NEGATIVE", "POSITIVE")),
    ],
)
def test_numbers_are_positions_only_where_nothing_else_can_be_meant(tmp_path, train, labels):
    with pytest.raises(UsageError, match="not trained on"):
        load_data(folder(tmp_path, "sentence\tlabel\n" + train), labels=labels)


def test_a_checkpoint_without_labels_is_told_from_one_with_others(tmp_path):
    with pytest.raises(UsageError, match="the checkpoint has no labels"):
        load_data(folder(tmp_path), labels=())


def test_test_rows_that_are_the_training_rows_are_refused(tmp_path):
    rows = "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(40))
    with pytest.raises(UsageError, match="the test rows are the training rows"):
        load_data(folder(tmp_path, rows, test=rows))


def test_one_file_is_for_testing_alone(tmp_path):
    path = write(tmp_path / "mine.tsv", "text\tlabel\ngood\t1\nbad\t0\n")
    data = load_data(DataSpec.from_text(str(path)))
    assert list(data.split("test").texts) == ["good", "bad"]
    for name in ("train", "validation"):
        with pytest.raises(UsageError, match="mine is one file") as caught:
            data.split(name)
        assert caught.value.advice == "give --train FILE and --test FILE, or a folder that holds both"


@pytest.mark.parametrize("given", [{"train": "x.tsv"}, {"text": "sentence"}, {"label": "kind"}])
def test_the_embedded_name_stands_for_nothing_else(given):
    with pytest.raises(UsageError, match="smart-home"):
        DataSpec.parse({"name": "smart-home"} | given, "data")


def test_a_folder_that_happens_to_have_the_embedded_name(tmp_path):
    (tmp_path / "smart-home").mkdir()
    assert list(load_data(folder(tmp_path / "smart-home")).train.texts) == ["good", "bad"]


def test_rows_are_hashed_as_the_json_of_their_columns(tmp_path):
    rows = [("a", "b", "yes"), ('雨 "q" \u2028', "", "no"), ("", "x\\y", "yes")]
    path = write(
        tmp_path / "rows.jsonl", "".join(json.dumps(dict(zip(JSONL, row, strict=True))) + "\n" for row in rows)
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    assert load_data(DataSpec(test=path)).sha256 == {"test": value_sha256(columns)}
    single = write(tmp_path / "single.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n')
    assert load_data(DataSpec(test=single)).sha256 == {"test": value_sha256([["a", "b"], None, ["1", "0"]])}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("train.tsv", "dev.tsv", "test.tsv", "test_old.tsv"), "train.tsv dev.tsv test.tsv"),
        (("TREC.train", "TREC.test", "categories.json"), "TREC.train - TREC.test"),
        (
            ("msr_par_train.txt", "msr_par_test.txt"),
            "msr_par_train.txt - msr_par_test.txt",
        ),
        (("my-train.jsonl", "my-valid.jsonl", "latest.csv"), "my-train.jsonl my-valid.jsonl -"),
    ],
)
def test_the_files_of_a_folder_are_found_by_the_words_in_their_names(tmp_path, names, found):
    for name in names:
        write(tmp_path / name, "")
    spec = DataSpec.from_text(str(tmp_path))
    paths = (spec.train, spec.validation, spec.test)
    assert " ".join("-" if path is None else path.name for path in paths) == found


def test_two_files_that_might_be_meant_are_one_too_many(tmp_path):
    write(tmp_path / "a_train.txt", "")
    write(tmp_path / "b_train.txt", "")
    with pytest.raises(UsageError, match=r"several train files: a_train.txt, b_train.txt"):
        DataSpec.from_text(str(tmp_path))


def test_rows_without_labels_matter_where_labels_are_needed(tmp_path):
    spec = folder(tmp_path, test="sentence\tlabel\nfine\t1\nhm\t\n")
    data = load_data(spec)
    assert len(data.split("train")) == 2
    with pytest.raises(NoLabelError, match=r"test.tsv, line 3: no label in 'label'") as caught:
        data.split("test")
    assert "--skip-bad-rows" in caught.value.advice


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_split_with_nothing_left_is_none(tmp_path, split):
    spec = folder(tmp_path, **{split: "sentence\tlabel\nhm\t\n"}).model_copy(update={"skip_bad_rows": True})
    with pytest.warns(EdgekitWarning):
        data = load_data(spec)
    with pytest.raises(UsageError, match="all rows were left out"):
        data.split(split)


def test_pairs_of_text_are_a_sequence(tmp_path):
    data = load_data(folder(tmp_path, "sentence1\tsentence2\tlabel\na\tb\t1\nc\td\t0\n"))
    assert list(data.train.pairs_of_text()) == [("a", "b"), ("c", "d")]
    assert data.train.take([1]).pairs_of_text()[:5] == [("c", "d")]
    assert Split(["x"], None, [0]).pairs_of_text()[0] == ("x", None)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--train", "missing.tsv"], "missing.tsv does not exist"),
        (["--data", "no/such/folder"], "does not exist"),
        (["--test", "rows.tsv", "--label", "lable"], "unknown column in rows.tsv: 'lable'"),
        (["--test", "rows.tsv", "--encoding", "utf-99"], "unknown encoding 'utf-99'"),
        (["--test", "broken.tsv"], "broken.tsv, line 3: 1 fields where the header has 2"),
        (["--test", "other.tsv"], "'noon' (other.tsv, line 2)"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, monkeypatch, capfd, tiny_checkpoint, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "rows.tsv", "text\tlabel\nplay\tlights\n")
    write(tmp_path / "broken.tsv", "text\tlabel\nplay\tlights\nno label\n")
    write(tmp_path / "other.tsv", "text\tlabel\nplay\tnoon\n")
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tiny_checkpoint), *arguments])
    error = capfd.readouterr().err
    assert ended.value.code == 2
    assert error.startswith("error: ")
    assert complaint in error.splitlines()[0]
    assert len(error.splitlines()) <= 2


@pytest.mark.parametrize("names", [("train.tsv", "train.csv"), ("train.tsv", "dev.tsv", "validation.tsv")])
def test_two_usual_names_for_one_split_are_one_too_many(tmp_path, names):
    for name in names:
        write(tmp_path / name, "text\tlabel\na\t1\nb\t0\n")
    with pytest.raises(UsageError, match=r"holds several \w+ files") as caught:
        DataSpec.from_text(str(tmp_path))
    assert all(name in caught.value.message for name in names[-2:])


def test_rows_that_are_in_training_too_are_counted(tmp_path):
    rows = "".join(f"row {i}\t{i % 2}\n" for i in range(40))
    test = "text\tlabel\nrow 3\t0\nnew\t1\nrow 4\t0\nother\t1\n"
    spec = folder(tmp_path, f"text\tlabel\n{rows}", test=test, dev="text\tlabel\nrow 7\t1\n")
    with pytest.warns(EdgekitWarning) as warned:
        load_data(spec)
    assert [str(warning.message).partition(" rows (")[::2] for warning in warned] == [
        ("1 of 1 validation", "100.0%) are training rows too: what is measured on them is too good"),
        (
            "2 of 4 test",
            "50.0%) are training rows too: what is measured on them is too good; it is evaluated on the others",
        ),
    ]


def test_a_text_is_no_leak_where_its_pair_is_another(tmp_path):
    head = "text\ttext_pair\tlabel\n"
    spec = folder(tmp_path, f"{head}a\tb\t1\nab\tc\t0\n", test=f"{head}a\tbc\t1\nab\tc\t1\n")
    with pytest.warns(EdgekitWarning, match=r"1 of 2 test rows"):
        load_data(spec)


def test_the_embedded_set_has_no_leak():
    with warnings.catch_warnings():
        warnings.simplefilter("error", EdgekitWarning)
        load_data(DataSpec(name="smart-home"))


def test_few_training_rows_leave_none_for_validation_and_say_why(tmp_path):
    write(tmp_path / "rows.tsv", "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(19)))
    with pytest.raises(
        UsageError, match=r"^the data has no validation rows: .* 19 training rows .* under 20"
    ) as caught:
        load_data(DataSpec(train=tmp_path / "rows.tsv")).split("validation")
    assert "--validation FILE" in caught.value.advice
    assert "data.validation in a recipe" in caught.value.advice


def test_validation_rows_without_labels_are_replaced_with_a_word(tmp_path):
    rows = "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(40))
    with pytest.warns(EdgekitWarning, match=r"dev.tsv, line 2: no label in 'label'\): a tenth of the training rows"):
        data = load_data(folder(tmp_path, rows, dev="text\tlabel\nhm\t\n"))
    assert len(data.validation) == 4


def test_a_wrong_value_on_the_command_line_names_its_flag(tmp_path, capfd, tiny_checkpoint):
    with pytest.raises(SystemExit) as ended:
        main(["finetune", str(tiny_checkpoint), "--data", "smart-home", "--epochs", "0", "-o", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert capfd.readouterr().err == "error: --epochs must be greater than 0 (0.0 was given)\n"
