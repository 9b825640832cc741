"""A budget written as text is read back as it was meant, or refused."""

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.spec.budget import METRICS, Budget
from edgekit.spec.errors import UsageError

names = st.text(st.sampled_from("abc-_ =.é0"), min_size=1, max_size=8).filter(lambda text: text.strip() == text)
budgets = st.builds(
    Budget,
    metric=st.sampled_from(sorted(METRICS)),
    limit=st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    target=st.none() | names,
    length=st.none() | st.integers(1, 10_000) | st.just("data"),
    threads=st.none() | st.integers(1, 64),
    baseline=st.none() | names,
    data=st.none() | names,
    format=st.none() | st.sampled_from(("onnx", "tflite")),
    gate=st.booleans(),
)


def as_text(budget: Budget, space: str = "") -> str:
    conditions = budget.model_dump(exclude={"metric", "limit"}, exclude_none=True)
    pairs = [(budget.metric, repr(budget.limit)), *conditions.items()]
    return ",".join(f"{space}{key}{space}={space}{value}{space}" for key, value in pairs)


@given(budgets, st.sampled_from(("", " ", "\t ")))
def test_text_reads_back_as_the_budget_it_was_written_from(budget: Budget, space: str):
    assert Budget.from_text(as_text(budget, space)) == budget


@given(budgets)
def test_json_reads_back_as_the_budget_it_was_written_from(budget: Budget):
    assert Budget.parse(budget.model_dump(mode="json"), "json") == budget


@given(st.text(st.characters() | st.sampled_from("=,_"), max_size=40))
def test_any_text_is_a_budget_or_a_usage_error(text: str):
    try:
        assert Budget.from_text(text).metric in METRICS
    except UsageError as error:
        assert error.exit_code == 2


@given(st.sampled_from(sorted(METRICS)), st.text(st.sampled_from("0123456789.eE+-_naif "), max_size=8))
def test_a_limit_is_finite(metric: str, limit: str):
    with contextlib.suppress(UsageError):
        assert math.isfinite(Budget.from_text(f"{metric}={limit}").limit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not key=value"),
        ("size_mb", "is not key=value"),
        ("size_mb=", "is not key=value"),
        ("=10", "is not key=value"),
        ("size_mb=10,", "is not key=value"),
        ("size_mb=ten", "limit"),
        ("size_mb=nan", "limit"),
        ("size_mb=inf", "limit"),
        ("size_mb=10,length=0", "length"),
        ("size_mb=10,length=long", "length"),
        ("size_mb=10,format=coreml", "format"),
        ("size_mb=10,target=a,target=b", "'target' is given twice"),
        ("size_mb=10,metric=accuracy_drop", "'metric' is given twice"),
        ("size_mb=10,limit=99", "'limit' is given twice"),
    ],
)
def test_what_is_refused(text: str, message: str):
    with pytest.raises(UsageError) as caught:
        Budget.from_text(text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "meant"),
    [("size_md=10", "did you mean 'size_mb'?"), ("size_mb=10,tread=2", "did you mean 'threads'?")],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(text: str, meant: str):
    with pytest.raises(UsageError) as caught:
        Budget.from_text(text)
    assert meant in f"{caught.value.message} {caught.value.advice}"


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_only_what_has_a_baseline_may_be_better_than_it(metric: str):
    if metric in ("accuracy_drop", "perplexity_increase_pct"):
        assert Budget.from_text(f"{metric}=-1.5").limit == -1.5
    else:
        with pytest.raises(UsageError, match="is never below 0"):
            Budget.from_text(f"{metric}=-1.5")


@pytest.mark.parametrize("limit", [True, False])
def test_yes_and_no_are_no_limits(limit: bool):
    with pytest.raises(UsageError, match="is no number"):
        Budget.parse({"metric": "size_mb", "limit": limit}, "a recipe")


def test_a_budget_knows_its_direction():
    kinds: dict[str, Any] = {name: Budget(metric=name, limit=1).kind for name in METRICS}
    assert kinds["size_mb"].better == "lower" and not kinds["size_mb"].on_device
    assert kinds["min_accuracy"].better == "higher"
    assert kinds["latency_p95_ms"].on_device
