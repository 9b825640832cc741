"""Evaluations of multi-label models and regressions against scikit-learn and scipy, and the verdicts on them."""

import json

import numpy as np
import pytest

from edgekit.errors import UsageError
from edgekit.measure.accuracy.label_sets import set_scores
from edgekit.measure.accuracy.regression import mean_absolute_error, spearman
from tests.command_line import edgekit
from tests.head_checkpoints import LABELS, label_rows, number_rows, write_labels, write_numbers


def evaluated(model, file, *options):
    code, out, err = edgekit("evaluate", model, "--test", file, "--json", *options)
    assert code == 0, err
    return json.loads(out)


def answers(bundle, texts):
    from edgekit.flows.predict import predict

    return list(predict(bundle, texts))


def test_f1_is_scikit_learns(multi_label_bundle, label_file):
    from sklearn.metrics import accuracy_score, f1_score

    found = evaluated(multi_label_bundle, label_file)
    rows = label_rows(120)
    expected = np.array([[label in held for label in LABELS] for _, held in rows])
    given = answers(multi_label_bundle, [text for text, _ in rows])
    predicted = np.array([[label in each.labels for label in LABELS] for each in given])
    assert found["micro_f1"] == pytest.approx(100 * f1_score(expected, predicted, average="micro"))
    assert found["macro_f1"] == pytest.approx(100 * f1_score(expected, predicted, average="macro", zero_division=0))
    assert found["exact"] == pytest.approx(100 * accuracy_score(expected, predicted))
    each = f1_score(expected, predicted, average=None, zero_division=0)
    assert [score["f1"] for score in found["classes"]] == pytest.approx(list(100 * each))


def test_error_and_ranks_are_those_of_scipy(regression_bundle, number_file):
    from scipy.stats import spearmanr
    from sklearn.metrics import mean_absolute_error as reference

    found = evaluated(regression_bundle, number_file)
    texts, expected = zip(*[(text, round(value, 3)) for text, value in number_rows(120)], strict=True)
    predicted = [each.value for each in answers(regression_bundle, texts)]
    assert found["mae"] == pytest.approx(reference(expected, predicted))
    assert found["spearman"] == pytest.approx(spearmanr(expected, predicted).statistic)
    assert found["mae_low"] < found["mae"] < found["mae_high"]


def test_checkpoint_and_bundle_agree(regression_checkpoint, regression_bundle, number_file):
    one, other = (evaluated(model, number_file) for model in (regression_checkpoint, regression_bundle))
    assert one["mae"] == pytest.approx(other["mae"], abs=1e-4)


def test_a_device_gives_the_same(multi_label_bundle, regression_bundle, label_file, number_file):
    for bundle, file in ((multi_label_bundle, label_file), (regression_bundle, number_file)):
        here, there = (evaluated(bundle, file, *where) for where in ((), ("--device", "local:")))
        assert {**here, "runtime": ""} == {**there, "runtime": ""}


def test_budgets_are_judged(regression_bundle, number_file):
    found = evaluated(regression_bundle, number_file)
    code, out, err = edgekit("gate", regression_bundle, "--budget", f"mae={found['mae_high'] * 1.01}")
    assert (code, "PASS" in out) == (0, True), err
    assert edgekit("gate", regression_bundle, "--budget", f"mae={found['mae']}")[0] == 3
    assert edgekit("gate", regression_bundle, "--budget", f"mae={found['mae_low'] * 0.99}")[0] == 1
    assert edgekit("gate", regression_bundle, "--budget", f"spearman={(found['spearman_high'] + 1) / 2}")[0] == 1


@pytest.mark.parametrize("budget", ["min_accuracy=50", "accuracy_drop=1", "macro_f1=50", "mcc=0.5", "micro_f1=50"])
def test_a_budget_of_a_classifier_is_refused_for_a_regression(regression_bundle, budget):
    code, _, err = edgekit("gate", regression_bundle, "--budget", budget)
    assert (code, "is no metric of a regression" in err, "mae, spearman" in err) == (2, True, True)


def test_what_cannot_be_told_never_passes(tmp_path, regression_checkpoint, multi_label_checkpoint):
    """Numbers that are all the same have no ranks, and rows without any label no F1."""
    same = write_numbers(tmp_path / "same.csv", [(text, 0.5) for text, _ in number_rows(60)])
    none = write_labels(tmp_path / "none.jsonl", [(text, []) for text, _ in label_rows(60)])
    few = write_numbers(tmp_path / "few.csv", number_rows(12))
    for checkpoint, file, budget in (
        (regression_checkpoint, same, "spearman=0.01"),
        (multi_label_checkpoint, none, "micro_f1=2"),
        (regression_checkpoint, few, "mae=1000"),
    ):
        out = tmp_path / file.stem
        assert edgekit("export", checkpoint, "--format", "onnx", "--scheme", "float", "-o", out)[0] == 0
        evaluated(out / "onnx", file)
        assert edgekit("gate", out / "onnx", "--budget", budget)[0] == 3


def test_python_evaluates_them_as_the_command_does(
    multi_label_bundle, regression_bundle, label_file, number_file, capsys
):
    import edgekit as python

    for bundle, file, figure in (
        (multi_label_bundle, label_file, "micro_f1"),
        (regression_bundle, number_file, "mae"),
    ):
        data = python.DataSpec.from_text(str(file))
        found = python.evaluate(bundle, data, record=False)
        assert getattr(found, figure) == evaluated(bundle, file, "--no-record")[figure]
        with pytest.raises(UsageError, match="not compared row by row"):
            python.evaluate(bundle, data, against={"teacher": bundle}, record=False)


def test_models_are_not_compared_row_by_row(regression_bundle, regression_checkpoint, number_file):
    code, _, err = edgekit(
        "evaluate", regression_bundle, "--test", number_file, "--against", f"t={regression_checkpoint}"
    )
    assert (code, "no single-label classifier" in err) == (2, True)


def test_the_mean_errors_interval_holds_it():
    drawn = np.random.default_rng(3)
    missed = 0
    for _ in range(60):
        found = mean_absolute_error(drawn.lognormal(0, 0.7, 60), np.zeros(60))
        missed += found.high < np.exp(0.7**2 / 2)
    assert missed <= 5


def test_perfect_ranks_in_few_rows_are_not_certain():
    values = np.arange(40.0)
    assert spearman(values, values).low < 0.97
    assert spearman(np.arange(10.0), np.arange(10.0)).doubt
    assert "all the same" in spearman(values, np.ones(40))
    rare = np.array([0.0] * 37 + [1.0] * 3)
    assert "10 others are needed" in spearman(rare, rare).doubt


def test_labels_that_go_wrong_together_are_fewer_rows():
    drawn = np.random.default_rng(5)
    wrong = drawn.random((200, 1)) < 0.1
    expected = drawn.random((200, 6)) < 0.4
    together = set_scores("abcdef", expected, expected ^ wrong).micro_f1
    apart = set_scores("abcdef", expected, expected ^ (drawn.random((200, 6)) < 0.1)).micro_f1
    assert together.high - together.low > 1.2 * (apart.high - apart.low)
    perfect = set_scores("abcdef", expected[:30], expected[:30])
    assert perfect.micro_f1.low < 95
    assert set_scores("ab", np.zeros((50, 2), bool), np.zeros((50, 2), bool)).micro_f1.doubt


def test_no_model_of_another_kind_is_a_baseline(
    tmp_path, tiny_checkpoint, multi_label_checkpoint, regression_checkpoint
):
    (tmp_path / "rows.tsv").write_text("text\tlabel\nturn on the lights\tlights\nwill it rain\tweather\n")
    for other, kind in ((multi_label_checkpoint, "multi-label classifier"), (regression_checkpoint, "regression")):
        words = ("evaluate", tiny_checkpoint, "--data", tmp_path / "rows.tsv", "--against", f"t={other}")
        code, _, err = edgekit(*words)
        assert (code, f"{other} is a {kind}: it has no accuracy" in err) == (2, True), err


def test_default_budgets_of_other_models_are_refused_with_those_that_hold(regression_bundle):
    """What a target asks of accuracy cannot be asked of a number; left out, it would be a pass of nothing."""
    code, out, err = edgekit("gate", regression_bundle, "--target", "x86-64")
    assert (code, out) == (2, "")
    assert "accuracy_drop is no metric of a regression" in err
    assert "--budget size_mb=10" in err
    assert "mae or spearman" in err


@pytest.mark.parametrize("count", [60, 200])
def test_micro_f1_covers_as_often_as_it_says_and_is_no_wider_than_needed(count):
    """Labels that go right and wrong by themselves: 400 samples of rows, each limit wrong in at most 2.5 % of them."""
    drawn = np.random.default_rng(5)
    truth, below, above, widths = 200 * 0.32 / (2 * 0.32 + 0.08 + 0.12), 0, 0, []
    for _ in range(400):
        expected = drawn.random((count, 4)) < 0.4
        predicted = expected ^ (drawn.random((count, 4)) < 0.2)
        found = set_scores("abcd", expected, predicted).micro_f1
        below, above = below + (found.low > truth), above + (found.high < truth)
        widths.append(found.high - found.low)
    assert max(below, above) <= 16
    # as wide as it would be of rows alone: 36 and 19
    assert np.mean(widths) < {60: 25, 200: 13}[count]
