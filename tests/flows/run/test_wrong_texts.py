"""The report of a run shows texts that the bundle gets wrong, with its own answers, unless it is told not to."""

from __future__ import annotations

import shutil

import pytest
from command_line import edgekit
from tiny_recipe import rows

from edgekit.flows.evaluate.accuracy import Evaluation, accuracy
from edgekit.flows.predict import predict
from edgekit.flows.run.run import begin
from edgekit.flows.run.wrong_texts import SHOWN, examples, wrong_texts
from edgekit.io.progress import SILENT
from edgekit.options.recipe import load_recipe

# 9 rows whose label is not what the text says, among as many that are right
WRONG = [(text, {"light": "door", "door": "music", "music": "light"}[label]) for text, label in rows(9, 7)]
RIGHT = rows(9, 8)


@pytest.fixture
def state(request, finished_run, tmp_path, device_home):
    """The finished run's bundle, evaluated in a run whose test rows are half wrong; with settings of its recipe."""
    recipe, folder, _ = finished_run
    data = shutil.copytree(recipe.parent / "data", tmp_path / "data")
    lines = [f"{text}\t{label}" for text, label in WRONG + RIGHT]
    (data / "test.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n")
    settings = [f"data={data}", *getattr(request, "param", ())]
    run = begin(load_recipe(str(recipe), settings), tmp_path / "run", SILENT)
    run.bundles = [folder / "bundles" / "onnx"]
    run.evaluations["onnx"] = accuracy(run.bundles[0], run.rows, run.recipe.evaluate, record=False)
    return run


def test_each_is_a_wrong_row_with_the_bundle_s_own_answer(state):
    found = wrong_texts(state)
    assert len(found) == SHOWN
    for row in found:
        said = predict(state.bundles[0], row.text)
        assert (row.text, row.label) in WRONG and row.label != row.predicted
        assert said.label == row.predicted and said.score == pytest.approx(row.probability)


@pytest.mark.parametrize("state", [["report.texts=false"]], indirect=True)
def test_a_recipe_can_leave_them_out(state):
    assert wrong_texts(state) == ()


def test_no_texts_is_that_key_of_the_recipe(finished_run):
    code, _, err = edgekit("run", finished_run[0], "--no-texts", "--set", "report.texts=true", "--plan")
    assert code == 2 and "report.texts" in err and "twice" in err


def test_rows_other_than_those_evaluated_are_not_shown(state):
    found = state.evaluations["onnx"]
    state.evaluations["onnx"] = Evaluation(found.accuracy, found.labels, [0], [1], found.sha256)
    assert wrong_texts(state) == ()


def test_the_worst_pair_comes_first_and_each_pair_before_any_twice(state):
    kept = state.evaluations["onnx"].accuracy
    found = Evaluation(kept, ("a", "b", "c"), [0, 0, 0, 1, 1, 2, 0], [1, 1, 2, 1, 0, 2, 1], "")
    assert examples(found, 9) == [0, 2, 4, 1, 6]
    assert examples(found, 2) == [0, 2]
