"""A budget written as text is read back as it was meant, or refused."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.errors import UsageError
from edgekit.schema.budget import Budget

METRICS = ("size_mb", "latency_p95_ms", "accuracy_drop")
names = st.text(st.sampled_from("abc-_ =.é0"), min_size=1, max_size=8).filter(lambda text: text.strip() == text)
budgets = st.builds(
    Budget,
    metric=st.sampled_from(METRICS),
    limit=st.decimals(min_value=0, max_value=10**9, places=3).map(float),
    target=st.none() | names,
    length=st.none() | st.integers(1, 10_000) | st.just("data"),
    threads=st.none() | st.integers(1, 64),
    baseline=st.none() | names,
    data=st.none() | names,
    label=st.none() | names,
    format=st.none() | st.sampled_from(("onnx", "tflite")),
    gate=st.booleans(),
)


def as_text(budget: Budget, space: str = "") -> str:
    conditions = budget.model_dump(exclude={"metric", "limit"}, exclude_none=True)
    pairs = [(budget.metric, f"{budget.limit:.3f}"), *conditions.items()]
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
        assert Budget.from_text(text).metric
    except UsageError as error:
        assert error.exit_code == 2


@given(st.sampled_from(METRICS), st.text(st.sampled_from("0123456789.eE+-_naifx:½٣ "), max_size=8))
def test_a_limit_is_a_plain_decimal_that_means_what_it_looks_like(metric: str, limit: str):
    with contextlib.suppress(UsageError):
        found = Budget.from_text(f"{metric}={limit}").limit
        assert math.isfinite(found)
        digits = limit.strip().removeprefix("-").replace(".", "", 1)
        assert digits.isascii() and digits.isdecimal() and found == float(limit)


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
        ("size_mb=1e3", "limit: must be a plain decimal number, as 30 or 0.5 ('1e3' was given)"),
        ("size_mb=1_000", "limit"),
        ("size_mb=0x10", "limit"),
        ("size_mb=1:30", "limit"),
        ("size_mb=30ms", "limit"),
        ("size_mb=٣٠", "limit"),
        ("size_mb=10,length=0", "length"),
        ("size_mb=10,length=long", "length"),
        ("size_mb=10,length=1_0", "length"),
        ("size_mb=10,threads=2.0", "threads"),
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


@pytest.mark.parametrize("text", [f"size_mb={'9' * 5000}", f"size_mb=1{'0' * 400}", "x" * 5000])
def test_a_long_text_is_not_echoed(text: str):
    with pytest.raises(UsageError) as caught:
        Budget.from_text(text)
    assert len(caught.value.message) < 300


def test_a_slip_of_the_pen_is_answered_with_what_was_meant():
    with pytest.raises(UsageError) as caught:
        Budget.from_text("size_mb=10,tread=2")
    assert "did you mean 'threads'?" in f"{caught.value.message} {caught.value.advice}"


@pytest.mark.parametrize("limit", [True, False, None, [30], {}])
def test_what_is_no_number_is_no_limit(limit: object):
    with pytest.raises(UsageError, match="limit: must be a plain decimal number") as caught:
        Budget.parse({"metric": "size_mb", "limit": limit}, "a recipe")
    assert "Type" not in caught.value.message
