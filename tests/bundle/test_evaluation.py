"""Records of evaluations are checked when read: figures in range, inside their intervals, following from counts."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_makers import accuracy, class_score, drop

from edgekit.bundle.evaluation import Accuracy, ClassScore, Drop, Increase, Perplexity
from edgekit.errors import UsageError


def make_perplexity(**changes):
    nats, tokens, size = 3_000.0, 1_000, 4_000
    bits = nats / math.log(2) / size
    fields = {
        "data": "stories",
        "split": "test",
        "data_sha256": "d" * 64,
        "content_hash": "c" * 64,
        "documents": 4,
        "tokens": tokens,
        "bytes": size,
        "context": 64,
        "stride": 32,
        "nats": nats,
        "perplexity": math.exp(3),
        "low": 19.0,
        "high": 21.0,
        "bits_per_byte": bits,
        "bits_per_byte_low": bits - 0.1,
        "bits_per_byte_high": bits + 0.1,
        "runtime": "onnxruntime 1",
    }
    return Perplexity(**fields | changes)


INCREASE = {
    "baseline": "teacher",
    "baseline_sha256": "b" * 64,
    "baseline_perplexity": 18.0,
    "pct": 11.6,
    "low": 9.0,
    "high": 14.0,
}


def refused(record, **changes):
    """What the record's own type says of it once it was changed."""
    value = record.model_dump(mode="json") | changes
    with pytest.raises(UsageError) as raised:
        type(record).parse(value, "manifest.json")
    return raised.value.message


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"accuracy": 180.0, "high": 200.0}, "must be at most 100"),
        ({"accuracy": -1.0}, "must be at least 0"),
        ({"accuracy": "99"}, "accuracy must be a number"),
        ({"accuracy": True}, "accuracy must be a number"),
        ({"rows": "100"}, "rows must be a whole number"),
        ({"rows": True}, "rows must be a whole number"),
        ({"accuracy": 91.0}, "accuracy: 91 lies outside its own interval, 90 to 90"),
        ({"low": 95.0, "high": 99.0}, "accuracy: 90 lies outside its own interval"),
        ({"macro_f1": 20.0}, "macro_f1: 20 lies outside its own interval"),
        ({"macro_f1_low": None}, "macro_f1_low must be a number"),
        ({"mcc": 1.5}, "must be at most 1"),
        ({"mcc": -0.5}, "mcc: -0.5 lies outside its own interval"),
        ({"truncated": 101}, "101 of 100 rows were cut"),
        ({"truncated": -1}, "must be at least 0"),
        ({"rows": 99}, "classes: their rows add up to 100, and 99 rows were evaluated"),
        ({"classes": []}, "classes: there are figures of no label"),
        ({"content_hash": 7}, "content_hash must be text"),
    ],
)
def test_an_accuracy_that_cannot_be_is_refused(changes, complaint):
    assert complaint in refused(accuracy(None, 90), **changes)


@pytest.mark.parametrize("missing", ["content_hash", "truncated", "macro_f1_low", "mcc", "classes", "runtime"])
def test_an_accuracy_that_does_not_say_all_is_refused(missing):
    value = accuracy(None, 90).model_dump(mode="json")
    del value[missing]
    with pytest.raises(UsageError, match=f"{missing} is missing"):
        Accuracy.parse(value, "manifest.json")


def test_infinity_is_no_end_of_an_interval():
    value = json.loads(json.dumps(drop("teacher", 1).model_dump(mode="json") | {"high": math.inf}))
    with pytest.raises(UsageError, match="high must be a finite number"):
        Drop.parse(value, "manifest.json")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"points": 3.0}, "points: 3 lies outside its own interval, 1 to 1"),
        ({"bootstrap_low": 2.0}, "points, by the bootstrap: 1 lies outside"),
        ({"macro_f1_points": -9.0}, "macro_f1_points: -9 lies outside"),
        ({"unchanged_pct": 99.0}, "unchanged_pct: 99 lies outside its own interval, 94 to 96"),
        ({"unchanged_high": 101.0}, "must be at most 100"),
        ({"lost": 1.5}, "lost must be a whole number"),
        ({"p_value": 1.1}, "must be at most 1"),
        ({"baseline_sha256": None}, "baseline_sha256 must be text"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(changes, complaint):
    assert complaint in refused(drop("teacher", 1), **changes)


def test_classes_are_counted_once():
    twice = (class_score("a", 50), class_score("a", 50))
    assert "a label comes twice" in refused(accuracy(None, 90), classes=[row.model_dump() for row in twice])
    wrong = (class_score("a", 50), class_score("b", 50, predicted=40))
    complaint = refused(accuracy(None, 90), classes=[row.model_dump() for row in wrong])
    assert "their predicted add up to 90, and 100 rows were evaluated" in complaint


def test_the_f1_of_a_class_is_there_and_inside_its_interval():
    assert "F1 of class 'a': 100 lies outside its own interval" in refused(class_score("a", 5), low=1.0, high=2.0)
    assert "class 'a': f1 is missing" in refused(class_score("a", 5), f1=None)
    assert "class 'a': low is missing" in refused(class_score("a", 5), low=None)
    empty = class_score("a", 0)
    assert (empty.f1, empty.low, empty.high) == (None, None, None)
    assert "class 'a': f1 is missing" in refused(empty, low=0.0, high=1.0)
    assert len(refused(class_score("a" * 5_000, 5), f1=None)) < 120


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"perplexity": 20.0}, "perplexity does not follow from nats and tokens"),
        ({"tokens": 1_001}, "perplexity does not follow from nats and tokens"),
        ({"nats": 2_990.0}, "perplexity does not follow from nats and tokens"),
        ({"bytes": 3_999}, "bits_per_byte does not follow from nats and bytes"),
        ({"perplexity": 0.0}, "must be greater than 0"),
        ({"perplexity": "20"}, "perplexity must be a number"),
        ({"low": 20.5}, "perplexity: 20.0855 lies outside its own interval"),
        ({"low": None}, "perplexity: its interval has one end only"),
        ({"low": -1.0}, "must be greater than 0"),
        ({"bits_per_byte_low": 2.0}, "bits_per_byte: 1.08202 lies outside"),
        ({"tokens": 0}, "must be at least 1"),
    ],
)
def test_a_perplexity_that_cannot_be_is_refused(changes, complaint):
    assert complaint in refused(make_perplexity(), **changes)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pct": 20.0}, "pct: 20 lies outside its own interval, 9 to 14"),
        ({"pct": -101.0}, "must be at least -100"),
        ({"high": None}, "pct: its interval has one end only"),
        ({"baseline_perplexity": 0.0}, "must be greater than 0"),
        ({"pct": "11.6"}, "pct must be a number"),
    ],
)
def test_an_increase_that_cannot_be_is_refused(changes, complaint):
    assert complaint in refused(Increase(**INCREASE), **changes)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_what_is_computed_from_rows_is_always_taken(rows, predicted, data):
    right = data.draw(st.integers(0, min(rows, predicted)))
    score = class_score("a", rows, predicted, right)
    assert ClassScore.parse(json.loads(json.dumps(score.model_dump(mode="json"))), "manifest.json") == score


def test_a_text_of_one_window_has_no_interval():
    none = {"low": None, "high": None, "bits_per_byte_low": None, "bits_per_byte_high": None}
    assert make_perplexity(**none).low is None
    assert Increase(**INCREASE | {"low": None, "high": None}).pct == 11.6
