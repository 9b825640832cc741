"""Columns by their usual names, by those that are declared, and what is said where there are none."""

from __future__ import annotations

import pytest
from row_files import folder, write

from edgekit.cli import main
from edgekit.data.columns import find_columns
from edgekit.data.splits import load_data
from edgekit.errors import NotFoundError, UsageError
from edgekit.options.data_options import DataSpec


def test_unknown_column_names_those_there_are(tmp_path):
    spec = folder(tmp_path).model_copy(update={"label": "lable"})
    with pytest.raises(NotFoundError) as caught:
        load_data(spec)
    assert caught.value.advice == "did you mean 'label'?"


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
    assert find_columns("rows.tsv", header.split("\t"), DataSpec(test="rows.tsv")) == (*found, None)


def test_a_declared_text_brings_its_usual_pair_and_any_other_is_declared():
    header = ["label", "question1", "question2", "body"]
    assert find_columns("x", header, DataSpec(test="x", text="question1")).pair == "question2"
    assert find_columns("x", header, DataSpec(test="x", text="body")).pair is None
    assert find_columns("x", header, DataSpec(test="x", text="body", text_pair="question1")).pair == "question1"


def test_a_column_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="its header has the column 'text' twice"):
        load_data(folder(tmp_path, "text\ttext\tlabel\na\tb\t1\nc\td\t0\n"))
    assert len(load_data(folder(tmp_path, "text\tlabel\t\t\na\t1\t\t\nb\t0\t\t\n")).train) == 2


def test_a_long_first_row_is_cut_in_the_error(tmp_path):
    with pytest.raises(UsageError, match="no text column among") as caught:
        load_data(folder(tmp_path, f"{'word ' * 100}\tgood\nso poor\tbad\n"))
    assert len(caught.value.message.partition(" among ")[2]) == 60


def test_columns_and_kinds_of_rows_by_the_command_line(tmp_path, capfd, tiny_checkpoint):
    path = write(tmp_path / "rows.txt", "play\tlights\nrain\tweather\nrain\t\n")
    arguments = ["--test", str(path), "--columns", "text,label", "--format", "tsv", "--skip-bad-rows", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tiny_checkpoint), *arguments])
    out, error = capfd.readouterr()
    assert (ended.value.code, '"rows": 2' in out) == (0, True)
    assert error == f"warning: 1 row was left out; the first: {path}, line 3: no label in 'label'\n"
