"""Files as published: marks, quotes, fields over several lines, columns by their usual names, and what is refused."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.data.files import read_rows
from edgekit.data.splits import load_data
from edgekit.data.texts import read_texts
from edgekit.spec.data_options import DataSpec
from edgekit.spec.errors import NotFoundError, UsageError

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=40)


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def folder(tmp_path, train="sentence\tlabel\ngood\t1\nbad\t0\n", **others):
    write(tmp_path / "train.tsv", train)
    for name, text in others.items():
        write(tmp_path / f"{name}.tsv", text)
    return DataSpec.from_text(str(tmp_path))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL), max_size=8))
def test_every_csv_that_python_writes_is_read_back(tmp_path, rows):
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows(rows)
    assert [(row["text"], row["label"]) for _, row in read_rows(path)] == rows


def test_quotes_in_a_tsv_are_not_quotes_and_a_mark_is_no_text(tmp_path):
    path = write(tmp_path / "rows.tsv", '\ufeffsentence\tlabel\n"so called\tyes\n')
    assert [row for _, row in read_rows(path)] == [{"sentence": '"so called', "label": "yes"}]


def test_splits_of_a_folder_and_labels_by_name(tmp_path):
    data = load_data(folder(tmp_path, dev="sentence\tlabel\nfine\t1\n", test="sentence\tlabel\npoor\t0\n"))
    assert (data.labels, data.validation.labels, data.test.texts) == (("0", "1"), [1], ["poor"])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("sentence\tlabel\n", "has no rows"),
        ("sentence\tlabel\ngood\t1\textra\n", "line 2: 3 fields where the header has 2"),
        ("sentence\tlabel\ngood\t1\nbad\t\n", "line 3: no label"),
        ("words\tlabel\ngood\t1\n", "no text column among words, label"),
        ("sentence\tlabel\ngood\t1\nfine\t1\n", "one label only"),
        (b"sentence\tlabel\ng\xe9\t1\n", "not UTF-8"),
    ],
)
def test_bad_files_say_what_and_where(tmp_path, text, complaint):
    with pytest.raises(UsageError, match=complaint):
        load_data(folder(tmp_path, text))


def test_label_that_training_never_had(tmp_path):
    with pytest.raises(UsageError, match="labels that the model was not trained on: 'maybe'"):
        load_data(folder(tmp_path, test="sentence\tlabel\nhm\tmaybe\n"))


def test_unknown_column_names_those_there_are(tmp_path):
    spec = folder(tmp_path).model_copy(update={"label": "lable"})
    with pytest.raises(NotFoundError) as caught:
        load_data(spec)
    assert caught.value.advice == "did you mean 'label'?"


@pytest.mark.parametrize("name", ["smart-hom", "no/such/folder", "missing.tsv"])
def test_data_that_is_not_there(name):
    with pytest.raises(NotFoundError):
        DataSpec.from_text(name)


def test_a_carved_validation_split_is_the_same_for_every_reader_and_hashed_as_it_is_used(tmp_path):
    spec = folder(tmp_path, "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(100)))
    first, again = load_data(spec), load_data(spec, labels=("0", "1"))
    assert first.validation == again.validation
    assert len(first.validation) == 10
    assert sorted(first.train.texts + first.validation.texts) == sorted(f"row {i}" for i in range(100))
    assert first.sha256 == again.sha256
    write(tmp_path / "kept.tsv", "text\tlabel\n" + "".join(f"{t}\t{n}\n" for t, n in rows_of(first.validation)))
    write(tmp_path / "rest.tsv", "text\tlabel\n" + "".join(f"{t}\t{n}\n" for t, n in rows_of(first.train)))
    files = DataSpec(train=tmp_path / "rest.tsv", validation=tmp_path / "kept.tsv")
    assert load_data(files).sha256 == first.sha256


def rows_of(split):
    return zip(split.texts, split.labels, strict=True)


def test_numbered_labels_meet_the_names_of_a_model(tmp_path):
    data = load_data(folder(tmp_path), labels=("NEGATIVE", "POSITIVE"))
    assert data.train.labels == [1, 0]


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
    assert data.split("test").texts == ["good", "bad"]
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
    assert load_data(folder(tmp_path / "smart-home")).train.texts == ["good", "bad"]


def test_suffixes_in_capitals_are_read(tmp_path):
    write(tmp_path / "train.TSV", "text\tlabel\ngood\t1\n\nbad\t0\n")
    write(tmp_path / "test.Csv", "\ntext,label\r\n\r\nfine,1\r\n\n")
    data = load_data(DataSpec.from_text(str(tmp_path)))
    assert (data.train.texts, data.test.texts) == (["good", "bad"], ["fine"])
    assert DataSpec.from_text(str(tmp_path / "train.TSV")).test == tmp_path / "train.TSV"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"label": 1}', "line 3: no text in 'text'"),
        ('{"text": null, "label": 1}', "line 3: no text in 'text'"),
        ('{"text": 7, "label": 1}', "line 3: 'text' holds a number"),
        ('{"text": ["a"], "label": 1}', "line 3: 'text' holds a list"),
        ('{"text": "a"}', "line 3: no label in 'label'"),
        ('{"text": "a", "label": null}', "line 3: no label in 'label'"),
        ('{"text": "a", "label": {}}', "line 3: no label in 'label'"),
        ('{"text": "\\ud800", "label": 1}', "line 3: 'text' is not valid Unicode"),
        ('{"text": "a", "label": "\\ud800"}', "line 3: 'label' is not valid Unicode"),
    ],
)
def test_rows_of_jsonl_that_lack_something_say_where(tmp_path, row, complaint):
    path = write(tmp_path / "rows.jsonl", '{"text": "x", "label": 0}\n\n' + row + "\n")
    with pytest.raises(UsageError, match=re.escape(f"rows.jsonl, {complaint}")):
        load_data(DataSpec(train=path))


def test_numbers_and_truths_are_labels_in_jsonl(tmp_path):
    path = write(tmp_path / "rows.jsonl", '{"text": "x", "label": 0}\n{"text": "y", "label": true}\n')
    assert load_data(DataSpec(test=path)).labels == ("0", "true")


def test_texts_alone_from_jsonl_are_checked_too(tmp_path):
    path = write(tmp_path / "rows.jsonl", '{"text": "x"}\n{"text": 3}\n')
    with pytest.raises(UsageError, match="line 2"):
        read_texts(path)
    assert read_texts(write(tmp_path / "rows.TXT", "one\n\ntwo\n")) == [("one", None), ("two", None)]
