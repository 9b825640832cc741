"""Labels as people write them: zeros and ones, numpy's arrays, numbers with a point, and what is refused."""

from __future__ import annotations

import csv
import json

import pytest

from edgekit.data.label_lists import listed
from edgekit.data.splits import read_data
from edgekit.errors import UsageError
from edgekit.options.data_options import DataSpec

MULTI = "multi_label_classification"


def rows_of(tmp_path, labels, suffix=".jsonl"):
    file = tmp_path / f"rows{suffix}"
    if suffix == ".jsonl":
        file.write_text(
            "".join(json.dumps({"text": f"row {n}", "label": label}) + "\n" for n, label in enumerate(labels))
        )
    else:
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([("text", "label"), *((f"row {n}", label) for n, label in enumerate(labels))])
    return read_data(DataSpec(test=file))


@pytest.mark.parametrize(
    ("labels", "suffix"),
    [
        ([[1, 0], [0, 1]], ".jsonl"),
        ([[1.0, 0.0], [0.0, 1.0]], ".jsonl"),
        ([[True, False], [False, True]], ".jsonl"),
        ([["1", "0"], ["0", "1"]], ".jsonl"),
        ([["True", "False"], ["False", "True"]], ".jsonl"),
        (["[1 0]", "[0 1]"], ".csv"),
        (["[1. 0.]", "[0. 1.]"], ".csv"),
        (["(1, 0)", "(0, 1)"], ".csv"),
        (["[True, False]", "[False, True]"], ".csv"),
        (["[np.int64(1), np.int64(0)]", "[np.int64(0), np.int64(1)]"], ".csv"),
        (["array([1, 0])", "array([0, 1])"], ".csv"),
        (["1|0", "0|1"], ".csv"),
        (["['a']", "['b']"], ".csv"),
        (["{'a'}", "{'b'}"], ".csv"),
    ],
)
def test_one_of_two_labels_is_that_label(tmp_path, labels, suffix):
    assert rows_of(tmp_path, labels, suffix).numbered(("a", "b"), MULTI).test.labels.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("labels", "suffix"),
    [
        ([["1", "0", "0"], ["0", "1", "1"]], ".jsonl"),
        (["[1 0 0]", "[0 1 1]"], ".csv"),
        (["[1.\n 0. 0.]", "[0. 1. 1.]"], ".csv"),
        (["1,0,0", "0,1,1"], ".csv"),
        (["['a']", "['b' 'c']"], ".csv"),
        (["('a',)", "('b', 'c')"], ".csv"),
        (["[np.str_('a')]", "[np.str_('b'), np.str_('c')]"], ".csv"),
        ([[0], [1, 2]], ".jsonl"),
        ([[0.0], [1.0, 2.0]], ".jsonl"),
    ],
)
def test_sets_of_three_labels(tmp_path, labels, suffix):
    rows = rows_of(tmp_path, labels, suffix)
    assert rows.numbered(("a", "b", "c"), MULTI).test.labels.tolist() == [[1, 0, 0], [0, 1, 1]]
    assert labels[0] == "1,0,0" or rows.numbered().problem_type == MULTI


def test_an_empty_list_among_zeros_and_ones_holds_nothing(tmp_path):
    rows = rows_of(tmp_path, [[1, 0, 1], []])
    assert rows.numbered(("a", "b", "c"), MULTI).test.labels.tolist() == [[1, 0, 1], [0, 0, 0]]


def test_another_split_tells_what_a_list_means(tmp_path):
    for split, label in (("train", [1, 0]), ("test", [0, 1])):
        (tmp_path / f"{split}.jsonl").write_text(json.dumps({"text": split, "label": label}) + "\n")
    rows = read_data(DataSpec(train=tmp_path / "train.jsonl", test=tmp_path / "test.jsonl"))
    assert rows.numbered(("a", "b"), MULTI).test.labels.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("labels", "suffix", "names", "message"),
    [
        ([[0, 1], [0, 1]], ".jsonl", "ab", "may be a zero or one for each class or the numbers"),
        ([[0], [1]], ".jsonl", None, "may be a zero or one for each class or the numbers"),
        ([[0.0, 0.0, 1.0]], ".jsonl", "abcd", "line 1: the label is a list of 3 zeros and ones, and the model has 4"),
        ([[1, 0, 1], [1, 0]], ".jsonl", "abc", "line 2: the label is a list of 2 zeros and ones, and the model has 3"),
        ([[0.2, 0.8], [0.6, 0.4]], ".jsonl", None, "line 1: the label .* is a list of fractions"),
        (["[0 0 1 ... 0 0 0]"], ".csv", "abc", "numpy has shortened"),
    ],
)
def test_lists_that_may_be_two_things_or_miss_some_are_refused(tmp_path, labels, suffix, names, message):
    with pytest.raises(UsageError, match=message):
        rows_of(tmp_path, labels, suffix).numbered(names and tuple(names), MULTI)


@pytest.mark.parametrize(
    "label", ["a", "(5)", "[PAD]", "(a, b)", "{'a': 1}", "['a''b']", "[1 2", "f(1, 2)", "[[1, 2]]"]
)
def test_other_texts_in_brackets_are_no_lists(label):
    assert listed(label) is None


FRACTIONS = [f"{number / 7:.3f}" for number in range(40)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([*FRACTIONS, "N/A"], "line 42: the label 'N/A' of the test rows is no number"),
        ([*FRACTIONS, "inf"], "line 42: the label 'inf'"),
        ([label.replace(".", ",") for label in FRACTIONS], "line 2: the label '0,000'"),
        ([f"{label}%" for label in FRACTIONS], "line 2: the label '0.000%'"),
        ([f"{number}.0" for number in range(60)], "60 whole numbers with a point, as 1.0: classes, or a regression"),
        (["0.0", "1.0", "nan"], "line 4: the label 'nan'"),
    ],
)
def test_numbers_are_never_dozens_of_classes(tmp_path, labels, message):
    with pytest.raises(UsageError, match=message):
        rows_of(tmp_path, labels, ".csv").numbered()


def test_numbers_of_a_json_file_with_a_point_are_asked_about_too(tmp_path):
    with pytest.raises(UsageError, match="classes, or a regression"):
        rows_of(tmp_path, [float(number) for number in range(60)]).numbered()


def test_a_real_minus_is_one(tmp_path):
    rows = rows_of(tmp_path, ["\N{MINUS SIGN}0.5", "1.5"], ".csv").numbered()
    assert (rows.problem_type, rows.test.labels.tolist()) == ("regression", [-0.5, 1.5])


@pytest.mark.parametrize(
    "labels", [["10%", "25%", "50%"], ["a", "b", "0.5"], ["1", "2", "N/A"], ["1.0", "2.0", "3.0"]]
)
def test_a_few_names_with_numbers_in_them_are_classes(tmp_path, labels):
    assert rows_of(tmp_path, labels, ".csv").numbered().problem_type == "single_label_classification"


@pytest.mark.parametrize(
    ("own", "labels", "suffix"),
    [
        (("LABEL_0", "LABEL_1", "LABEL_2"), ["2.0", "0.0", "1.0"], ".csv"),
        (("0", "1", "2"), ["2.0", "0.0", "1.0"], ".csv"),
        (("0.0", "1.0", "2.0"), [2, 0, 1], ".jsonl"),
        (("5", "3", "4"), ["4.0", "5.0", "3.0"], ".csv"),
        (("True", "False", "none"), ["none", True, False], ".jsonl"),
        (("false", "true", "None"), ["None", "False", "TRUE"], ".csv"),
    ],
)
def test_the_same_number_or_truth_value_is_the_same_class(tmp_path, own, labels, suffix):
    rows = rows_of(tmp_path, labels, suffix)
    assert rows.numbered(own).test.labels.tolist() == [2, 0, 1]
    assert rows.numbered_as(own).labels == own


def test_new_classes_are_numbered_without_a_point(tmp_path):
    assert rows_of(tmp_path, ["10.0", "9.0", "1.0", "1"], ".csv").numbered().labels == ("1", "9", "10")


def test_a_file_that_numbers_its_classes_fits_a_model_that_only_numbers_them(tmp_path):
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["b", "c", "a"])}
    )
    rows = datasets.Dataset.from_dict({"text": ["x", "y"], "label": [0, 2]}, features=features)
    rows.to_parquet(tmp_path / "rows.parquet")
    read = read_data(DataSpec(test=tmp_path / "rows.parquet"))
    assert read.numbered(("LABEL_0", "LABEL_1", "LABEL_2")).test.labels.tolist() == [0, 2]
    assert read.numbered(("a", "b", "c")).test.labels.tolist() == [1, 0]
    for others in (("LABEL_0", "LABEL_1"), ("LABEL_1", "LABEL_0", "LABEL_2"), ("d", "e", "f")):
        with pytest.raises(UsageError, match="not trained on"):
            read.numbered(others)


@pytest.mark.parametrize("kind", ["decimal", "list_view"])
def test_labels_of_rarer_arrow_types_are_read(tmp_path, kind):
    import pyarrow as pa
    from pyarrow import parquet

    whole = pa.array([2, 0]).cast(pa.decimal128(20, 0))
    labels = whole if kind == "decimal" else pa.array([["a"], ["b", "c"]], pa.list_view(pa.string()))
    parquet.write_table(pa.table({"text": ["x", "y"], "label": labels}), tmp_path / "rows.parquet")
    read = read_data(DataSpec(test=tmp_path / "rows.parquet"))
    if kind == "decimal":
        assert read.numbered(("a", "b", "c")).test.labels.tolist() == [2, 0]
    else:
        assert read.numbered(("a", "b", "c"), MULTI).test.labels.tolist() == [[1, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("sep=,\ntext,label\nÄpfel,a\nBirnen,b\n", "utf-8"),
        ('"sep=;"\r\ntext;label\r\nÄpfel;a\r\nBirnen;b\r\n', "utf-8-sig"),
        (" text , label\nÄpfel,a\nBirnen,b\n", "utf-8"),
        ("text,label\nÄpfel,a\nBirnen,b\n", "utf-32-le"),
        ("text,label\nÄpfel,a\nBirnen,b\n", "utf-32-be"),
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path, text, encoding):
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    rows = read_data(DataSpec(test=tmp_path / "rows.csv")).numbered().test
    assert (list(rows.texts), list(rows.labels)) == (["Äpfel", "Birnen"], [0, 1])


@pytest.mark.filterwarnings("ignore::edgekit.errors.EdgekitWarning")
def test_an_accent_and_a_euro_sign_are_western(tmp_path):
    lines = "".join(f"red lamp {number} ä€ in the house,a\nblue door {number},b\n" for number in range(60))
    (tmp_path / "rows.csv").write_bytes(f"text,label\n{lines}".encode("cp1252"))
    assert "ä€" in read_data(DataSpec(test=tmp_path / "rows.csv")).numbered().test.texts[0]
