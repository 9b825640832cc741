"""Files as published: marks, quotes, fields over several lines, columns by their usual names, and what is refused."""

from __future__ import annotations

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.data.files import read_rows
from edgekit.data.splits import load_data
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


def test_validation_is_carved_off_by_seed(tmp_path):
    spec = folder(tmp_path, "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(100)))
    first, again, other = (load_data(spec, seed=seed) for seed in (1, 1, 2))
    assert first.validation == again.validation != other.validation
    assert len(first.validation) == 10
    assert sorted(first.train.texts + first.validation.texts) == sorted(f"row {i}" for i in range(100))


def test_numbered_labels_meet_the_names_of_a_model(tmp_path):
    data = load_data(folder(tmp_path), labels=("NEGATIVE", "POSITIVE"))
    assert data.train.labels == [1, 0]


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
