"""Files as published: quotes, fields over several lines, labelled lines, what is left out and what refused."""

from __future__ import annotations

import csv
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from row_files import folder, write

from edgekit.data.files import read_rows
from edgekit.data.splits import load_data
from edgekit.data.texts import read_texts
from edgekit.errors import EdgekitWarning, NoLabelError, UsageError
from edgekit.options.data_options import DataSpec

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=40)


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


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("sentence\tlabel\n", "has no rows"),
        ("sentence\tlabel\ngood\t1\textra\n", "line 2: 3 fields where the header has 2"),
        ("sentence\tlabel\ngood\t1\nbad\t\n", "line 3: no label"),
        ("words\tlabel\ngood\t1\n", "no text column among words, label"),
        ("sentence\tlabel\ngood\t1\nfine\t1\n", "one label only"),
    ],
)
def test_bad_files_say_what_and_where(tmp_path, text, complaint):
    with pytest.raises(UsageError, match=complaint):
        load_data(folder(tmp_path, text))


def test_suffixes_in_capitals_are_read(tmp_path):
    write(tmp_path / "train.TSV", "text\tlabel\ngood\t1\n\nbad\t0\n")
    write(tmp_path / "test.Csv", "\ntext,label\r\n\r\nfine,1\r\n\n")
    data = load_data(DataSpec.from_text(str(tmp_path)))
    assert (list(data.train.texts), list(data.test.texts)) == (["good", "bad"], ["fine"])
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


def test_labelled_lines(tmp_path):
    write(tmp_path / "Q.train", "LOC:city Where is it ?\n\nHUM:ind  Who: is it ?\n")
    spec = DataSpec.from_text(str(tmp_path))
    assert load_data(spec).labels == ("HUM", "LOC")
    fine = load_data(spec.model_copy(update={"label": "fine"}))
    assert (fine.labels, list(fine.train.texts)) == (("HUM:ind", "LOC:city"), ["Where is it ?", "Who: is it ?"])
    write(tmp_path / "fast.txt", "__label__good so fine\n__label__bad so poor\n")
    assert load_data(DataSpec.from_text(str(tmp_path / "fast.txt"))).labels == ("bad", "good")
    plain = write(tmp_path / "plain.txt", "good so fine\nbad so poor\n")
    with pytest.raises(UsageError, match="no tab, and no label before the text") as caught:
        load_data(DataSpec(test=plain))
    assert "--format" in caught.value.advice
    assert load_data(DataSpec(test=plain, format="lines")).labels == ("bad", "good")
    with pytest.raises(UsageError, match="line 2: no text behind the label"):
        load_data(DataSpec(test=write(tmp_path / "short.txt", "A:b text\nB:c\n")))


def test_tables_without_a_header(tmp_path):
    spec = folder(tmp_path, "so fine\tgood\nso poor\tbad\n", test="qid\ttext_a\n7\twho knows\n")
    with pytest.raises(UsageError, match="no text column among so fine, good") as caught:
        load_data(spec)
    assert "--columns" in caught.value.advice
    named = spec.model_copy(update={"columns": ("text", "label")})
    with pytest.warns(EdgekitWarning, match=r"test.tsv has a header: its columns are qid, text_a"):
        data = load_data(named)
    assert (list(data.train.texts), data.labels) == (["so fine", "so poor"], ("bad", "good"))
    with pytest.raises(NoLabelError, match="no label column among qid, text_a"):
        data.split("test")
    with pytest.raises(UsageError, match="line 1: 2 fields where columns were named: 3"):
        load_data(spec.model_copy(update={"columns": ("text", "label", "more")}))


def test_bad_rows_are_left_out_and_counted(tmp_path):
    rows = "sentence\tlabel\ngood\t1\nno label\t\nbad\t0\ntoo\tmany\tfields\nfew\n"
    spec = folder(tmp_path, rows).model_copy(update={"skip_bad_rows": True})
    with pytest.warns(
        EdgekitWarning, match=r"3 rows were left out; the first: .*train.tsv, line 3: no label"
    ) as warned:
        data = load_data(spec)
    assert len(warned) == 1
    assert (list(data.train.texts), data.train.labels.tolist()) == (["good", "bad"], [1, 0])


def test_bad_rows_of_every_kind_of_file(tmp_path):
    jsonl = write(tmp_path / "a.jsonl", '{"text": "x", "label": 0}\n{oops\n[]\n{"text": 1, "label": 1}\n')
    csv_file = write(tmp_path / "a.csv", 'text,label\nx,0\n"y"z,1\n"p\nq",1\n')
    for path, count in ((jsonl, "3 rows were"), (csv_file, "1 row was")):
        with pytest.raises(UsageError, match=r"a\.\w+, line \d"):
            load_data(DataSpec(test=path), labels=("0", "1"))
        with pytest.warns(EdgekitWarning, match=count):
            data = load_data(DataSpec(test=path, skip_bad_rows=True), labels=("0", "1"))
        assert data.test.texts[0] == "x"
    assert data.test.texts[1] == "p\nq"


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_text_is_none(tmp_path, blank):
    spec = folder(tmp_path, f"sentence\tlabel\ngood\t1\n{blank}\t0\nbad\t0\n")
    with pytest.raises(UsageError, match=r"train.tsv, line 3: no text in 'sentence'"):
        load_data(spec)
    with pytest.warns(EdgekitWarning, match="1 row was left out"):
        data = load_data(spec.model_copy(update={"skip_bad_rows": True}))
    assert list(data.train.texts) == ["good", "bad"]


def test_a_pair_may_lack_one_half_and_not_both(tmp_path):
    head = "text\ttext_pair\tlabel\n"
    assert len(load_data(folder(tmp_path, f"{head}\tb\t1\na\t\t0\n")).train) == 2
    with pytest.raises(UsageError, match="line 3: no text"):
        load_data(folder(tmp_path, f"{head}a\tb\t1\n\t \t0\n"))


def test_a_whole_number_is_one_label_however_it_is_written(tmp_path):
    lines = "".join(f'{{"text": "row {n}", "label": {n}}}\n' for n in ("1", "1.0", "0", "-0.0", "2.5"))
    spec = DataSpec(test=write(tmp_path / "rows.jsonl", lines))
    # by themselves they are numbers of a regression
    assert load_data(spec, problem_type="single_label_classification").labels == ("0", "1", "2.5")


def test_several_labels_on_a_line_are_one_row_with_none(tmp_path):
    path = write(tmp_path / "fast.txt", "__label__a one\n__label__a __label__c two\n__label__c three\n")
    with pytest.raises(UsageError, match=r"fast.txt, line 2: several labels, and a row has one"):
        load_data(DataSpec(test=path))
    with pytest.warns(EdgekitWarning, match="1 row was left out"):
        assert list(load_data(DataSpec(test=path, skip_bad_rows=True)).test.texts) == ["one", "three"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [("rows.tsv.gz", "unpack"), ("rows.xlsx", ".csv"), ("rows.dat", "--format")],
)
def test_advice_for_a_kind_of_file_can_be_followed(tmp_path, name, advice):
    with pytest.raises(UsageError, match="edgekit reads no") as caught:
        load_data(DataSpec(test=write(tmp_path / name, "[]")))
    assert advice in caught.value.advice
    assert ("--format" in caught.value.advice) == (name == "rows.dat")


@pytest.mark.parametrize(
    ("name", "mark", "advice"),
    [
        ("a.csv", ";", "--separator ';'"),
        ("a.csv", "|", "--separator '|'"),
        ("a.csv", "\t", "--format tsv"),
        ("a.tsv", ",", "--format csv"),
    ],
)
def test_another_delimiter_is_named(tmp_path, name, mark, advice):
    path = write(tmp_path / name, f'"text"{mark}label\ngood{mark}1\nbad{mark}0\n')
    with pytest.raises(UsageError, match="its columns are parted by") as caught:
        load_data(DataSpec(test=path))
    assert advice in caught.value.advice


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl"])
def test_a_document_of_any_length_is_one_row(tmp_path, ending):
    document = "word " * 60_000
    lines = {
        "csv": f'text,label\n"{document}",long\nshort,short\n',
        "tsv": f"text\tlabel\n{document}\tlong\nshort\tshort\n",
        "jsonl": "".join(
            json.dumps({"text": text, "label": label}) + "\n"
            for text, label in ((document, "long"), ("short", "short"))
        ),
    }
    path = tmp_path / f"rows.{ending}"
    path.write_text(lines[ending])
    found = [row["text"] for _, row in read_rows(path)]
    assert [len(text) for text in found] == [len(document), 5]
