"""Files as published: quotes, fields over several lines, columns by their usual names, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.cli import main
from edgekit.data.columns import find_columns
from edgekit.data.files import read_rows
from edgekit.data.splits import Split, load_data
from edgekit.data.texts import read_texts
from edgekit.spec.data_options import DataSpec
from edgekit.spec.errors import EdgekitWarning, NoLabelError, NotFoundError, UsageError
from edgekit.spec.hashing import value_sha256

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
    assert (data.labels, list(data.validation.labels), list(data.test.texts)) == (("0", "1"), [1], ["poor"])


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


def test_label_that_training_never_had(tmp_path):
    with pytest.raises(UsageError, match=r"labels that the model was not trained on: 'maybe' \(.*test.tsv, line 3\)"):
        load_data(folder(tmp_path, test="sentence\tlabel\nok\t1\nhm\tmaybe\n"))


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


def test_rows_are_hashed_as_the_json_of_their_columns(tmp_path):
    rows = [("a", "b", "yes"), ('雨 "q" \u2028', "", "no"), ("", "x\\y", "yes")]
    path = write(
        tmp_path / "rows.jsonl", "".join(json.dumps(dict(zip(JSONL, row, strict=True))) + "\n" for row in rows)
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    assert load_data(DataSpec(test=path)).sha256 == {"test": value_sha256(columns)}
    single = write(tmp_path / "single.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n')
    assert load_data(DataSpec(test=single)).sha256 == {"test": value_sha256([["a", "b"], None, ["1", "0"]])}


JSONL = ("text", "text_pair", "label")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", ("#1 String", "#2 String", "Quality")),
        ("sentence1\tsentence2\tlabel", ("sentence1", "sentence2", "label")),
        ("idx\tquestion\tsentence\tlabel", ("question", "sentence", "label")),
        ("premise\thypothesis\tlabel", ("premise", "hypothesis", "label")),
        ("Text\tIntent", ("Text", None, "Intent")),
        ("sentence1\tlabel", ("sentence1", None, "label")),
        ("text\tquestion\tcategory", ("text", None, "category")),
    ],
)
def test_columns_by_their_usual_names(header, found):
    assert find_columns("rows.tsv", header.split("\t"), DataSpec(test="rows.tsv")) == found


def test_a_declared_text_brings_its_usual_pair_and_any_other_is_declared():
    header = ["label", "question1", "question2", "body"]
    assert find_columns("x", header, DataSpec(test="x", text="question1")).pair == "question2"
    assert find_columns("x", header, DataSpec(test="x", text="body")).pair is None
    assert find_columns("x", header, DataSpec(test="x", text="body", text_pair="question1")).pair == "question1"


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


def test_rows_without_labels_matter_where_labels_are_needed(tmp_path):
    spec = folder(tmp_path, test="sentence\tlabel\nfine\t1\nhm\t\n")
    data = load_data(spec)
    assert len(data.split("train")) == 2
    with pytest.raises(NoLabelError, match=r"test.tsv, line 3: no label in 'label'") as caught:
        data.split("test")
    assert "--skip-bad-rows" in caught.value.advice


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


def test_columns_and_kinds_of_rows_by_the_command_line(tmp_path, capfd, tiny_checkpoint):
    path = write(tmp_path / "rows.txt", "play\tlights\nrain\tweather\nrain\t\n")
    arguments = ["--test", str(path), "--columns", "text,label", "--format", "tsv", "--skip-bad-rows", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tiny_checkpoint), *arguments])
    out, error = capfd.readouterr()
    assert (ended.value.code, '"rows": 2' in out) == (0, True)
    assert error == f"warning: 1 row was left out; the first: {path}, line 3: no label in 'label'\n"


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
        ("2 of 4 test", "50.0%) are training rows too: what is measured on them is too good"),
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


def test_a_column_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="its header has the column 'text' twice"):
        load_data(folder(tmp_path, "text\ttext\tlabel\na\tb\t1\nc\td\t0\n"))
    assert len(load_data(folder(tmp_path, "text\tlabel\t\t\na\t1\t\t\nb\t0\t\t\n")).train) == 2


def test_a_whole_number_is_one_label_however_it_is_written(tmp_path):
    lines = "".join(f'{{"text": "row {n}", "label": {n}}}\n' for n in ("1", "1.0", "0", "-0.0", "2.5"))
    assert load_data(DataSpec(test=write(tmp_path / "rows.jsonl", lines))).labels == ("0", "1", "2.5")


def test_several_labels_on_a_line_are_one_row_with_none(tmp_path):
    path = write(tmp_path / "fast.txt", "__label__a one\n__label__a __label__c two\n__label__c three\n")
    with pytest.raises(UsageError, match=r"fast.txt, line 2: several labels, and a row has one"):
        load_data(DataSpec(test=path))
    with pytest.warns(EdgekitWarning, match="1 row was left out"):
        assert list(load_data(DataSpec(test=path, skip_bad_rows=True)).test.texts) == ["one", "three"]


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


@pytest.mark.parametrize(
    ("name", "advice"),
    [("rows.json", ".jsonl"), ("rows.tsv.gz", "unpack"), ("rows.xlsx", ".csv"), ("rows.dat", "--format")],
)
def test_advice_for_a_kind_of_file_can_be_followed(tmp_path, name, advice):
    with pytest.raises(UsageError, match="edgekit reads no") as caught:
        load_data(DataSpec(test=write(tmp_path / name, "[]")))
    assert advice in caught.value.advice
    assert ("--format" in caught.value.advice) == (name == "rows.dat")


@pytest.mark.parametrize(
    ("name", "mark", "advice"),
    [("a.csv", ";", "commas"), ("a.csv", "\t", "--format tsv"), ("a.tsv", ",", "--format csv")],
)
def test_another_delimiter_is_named(tmp_path, name, mark, advice):
    path = write(tmp_path / name, f'"text"{mark}label\ngood{mark}1\nbad{mark}0\n')
    with pytest.raises(UsageError, match="its columns are parted by") as caught:
        load_data(DataSpec(test=path))
    assert advice in caught.value.advice


def test_a_long_first_row_is_cut_in_the_error(tmp_path):
    with pytest.raises(UsageError, match="no text column among") as caught:
        load_data(folder(tmp_path, f"{'word ' * 100}\tgood\nso poor\tbad\n"))
    assert len(caught.value.message.partition(" among ")[2]) == 60


def test_a_wrong_value_on_the_command_line_names_its_flag(tmp_path, capfd, tiny_checkpoint):
    with pytest.raises(SystemExit) as ended:
        main(["finetune", str(tiny_checkpoint), "--data", "smart-home", "--epochs", "0", "-o", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert capfd.readouterr().err == "error: --epochs must be greater than 0 (0.0 was given)\n"
