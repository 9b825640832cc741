"""Budgets against evaluations: rows, classes, comparisons and texts."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from record_makers import accuracy, drop

from edgekit.bundle.evaluation import Increase, Perplexity
from edgekit.bundle.manifest import Step
from edgekit.bundle.records import Records
from edgekit.errors import UsageError
from edgekit.measure.evidence import Evidence, Question
from edgekit.measure.verdicts import verdict_on
from edgekit.schema.budget import Budget


def test_rows_that_were_cut_are_said(judged):
    known = accuracy(judged.manifest.content_hash, 95.0, truncated=30)
    found = judged("min_accuracy=90", accuracies=[known])
    assert found.notes == ("30.0 % of the rows were cut to the model's length",)
    few = accuracy(judged.manifest.content_hash, 95.0, truncated=1)
    assert judged("min_accuracy=90", accuracies=[few]).notes == ()


def test_figures_of_an_evaluation(judged):
    known = accuracy(
        judged.manifest.content_hash, 95.0, low=93.0, high=96.0, drops=[drop("teacher", 1.0, unchanged=91.5)]
    )
    wanted = {
        "min_accuracy=94": (95, "inconclusive"),
        "macro_f1=90": (95, "pass"),
        "mcc=0.7": (0.5, "fail"),
        "min_f1=97,label=light": (95, "fail"),
        "accuracy_drop=1": (1, "pass"),
        "min_unchanged_pct=90": (91.5, "pass"),
        "min_unchanged_pct=95": (91.5, "fail"),
    }
    found = {text: judged(text, accuracies=[known]) for text in wanted}
    assert {text: (verdict.measured, verdict.outcome) for text, verdict in found.items()} == wanted
    with pytest.raises(UsageError, match="unknown label 'love'"):
        judged("min_f1=97,label=love", accuracies=[known])


def test_too_few_rows_of_a_class_make_macro_f1_inconclusive_and_are_named(judged):
    known = accuracy(judged.manifest.content_hash, 95.0, macro_f1_doubt="too few rows of: climate")
    found = judged("macro_f1=50", accuracies=[known])
    assert found.outcome == "inconclusive"
    assert "climate" in found.reason


def test_several_data_sets_are_no_guess(judged):
    known = [
        accuracy(judged.manifest.content_hash, 95.0),
        accuracy(judged.manifest.content_hash, 80.0, name="office", rows="b"),
    ]
    with pytest.raises(UsageError) as caught:
        judged("min_accuracy=90", accuracies=known)
    assert "--budget min_accuracy=90,data=home/test" in str(caught.value.advice)
    assert judged("min_accuracy=90", accuracies=known, data_sha256="a" * 64).outcome == "pass"
    assert judged("min_accuracy=90", accuracies=known, data_sha256="c" * 64).outcome == "unmeasured"
    assert judged("min_accuracy=90,data=office", accuracies=known).outcome == "fail"
    lineage = [SimpleNamespace(inputs={"data.test": "b" * 64}, stage="finetune", shared={})]
    assert judged("min_accuracy=90", accuracies=known, lineage=lineage).outcome == "fail"


def test_the_lineage_knows_too(judged):
    """Of a stage that read training and test rows, though the evaluation read the test rows alone."""
    known = accuracy(judged.manifest.content_hash, 95.0)
    step = Step(stage="finetune", options={}, inputs={"data.test": "a" * 64}, shared={"test": 30})
    found = judged("min_accuracy=90", accuracies=[known], lineage=[step])
    assert (found.outcome, "30 of the 100 rows" in found.reason) == ("unmeasured", True)
    left_out = accuracy(judged.manifest.content_hash, 95.0, left_out=30, training_rows=30)
    found = judged("min_accuracy=90", accuracies=[left_out], lineage=[step])
    assert (found.outcome, found.notes) == ("pass", ("30 rows left out that it was trained on",))
    other = step.model_copy(update={"inputs": {"data.test": "b" * 64}})
    assert judged("min_accuracy=90,data=home", accuracies=[known], lineage=[other]).outcome == "pass"
    assert judged("accuracy_drop=1", accuracies=[known], lineage=[step]).outcome == "unmeasured"


@pytest.mark.parametrize("split", ["train", "test"])
def test_rows_that_all_are_training_rows_are_judged_by_nothing(judged, split):
    known = accuracy(judged.manifest.content_hash, 99.0, split=split, training_rows=100)
    found = judged(f"min_accuracy=90,data=home/{split}", accuracies=[known])
    assert (found.outcome, "all 100 rows" in found.reason) == ("unmeasured", True)


@pytest.mark.parametrize(("split", "learned"), [("test", "b"), ("test", "a"), ("train", "b")])
def test_a_text_that_was_trained_on_is_judged_by_nothing(judged, split, learned):
    drop = Increase(baseline="teacher", baseline_sha256="f" * 64, baseline_perplexity=9.0, pct=1.0, low=0.5, high=1.5)
    counts = {"documents": 1, "tokens": 1000, "bytes": 4000, "context": 32, "stride": 32, "runtime": "onnxruntime 1"}
    known = Perplexity(
        data=f"text/{split}",
        split=split,
        data_sha256="a" * 64,
        content_hash=judged.manifest.content_hash,
        nats=1000 * math.log(9.0),
        perplexity=9.0,
        low=8.5,
        high=9.5,
        bits_per_byte=math.log2(9.0) / 4,
        bits_per_byte_low=0.5,
        bits_per_byte_high=1.0,
        increases=(drop,),
        **counts,
    )
    step = Step(stage="finetune", options={}, inputs={"text.train": learned * 64, "text.test": "a" * 64})
    update = {"task": "text-generation", "perplexity": (known,), "lineage": (step,)}
    evidence = Evidence(judged.manifest.model_copy(update=update), Records(), datetime.now(UTC))
    budget = Budget.from_text(f"perplexity_increase_pct=5,data=text/{split}")
    found = verdict_on(Question(budget, judged.manifest.target_facts, "out/onnx"), evidence)
    assert found.outcome == ("pass" if (split, learned) == ("test", "b") else "unmeasured")
    assert found.outcome == "pass" or "is the text that it was trained on" in found.reason
