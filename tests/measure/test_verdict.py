"""Budgets against figures, and verdicts against exit codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.measure.verdict import decide, exit_code, judge, unmeasured
from edgekit.spec.budget import Budget

LATENCY = Budget(metric="latency_p95_ms", limit=30)
ACCURACY = Budget(metric="min_accuracy", limit=90)


@pytest.mark.parametrize(
    ("budget", "measured", "low", "high", "outcome"),
    [
        (LATENCY, 25, 24, 27, "pass"),
        (LATENCY, 29, 28, 30, "pass"),
        (LATENCY, 29, 28, 31, "inconclusive"),
        (LATENCY, 31, 30, 32, "inconclusive"),
        (LATENCY, 31, 30.5, 32, "fail"),
        (LATENCY, 30, None, None, "pass"),
        (LATENCY, 30.01, None, None, "fail"),
        (LATENCY, None, None, None, "unmeasured"),
        (ACCURACY, 92, 91, 93, "pass"),
        (ACCURACY, 92, 89, 94, "inconclusive"),
        (ACCURACY, 88, 86, 89, "fail"),
        (ACCURACY, 90, None, None, "pass"),
    ],
)
def test_outcomes(budget, measured, low, high, outcome):
    assert judge(budget, measured, low, high) == outcome


FIGURE = st.floats(0, 1000)


@given(FIGURE, FIGURE, FIGURE, st.sampled_from(["latency_p50_ms", "min_accuracy"]))
def test_a_budget_inside_the_interval_is_never_decided(limit, one, other, metric):
    budget = Budget(metric=metric, limit=limit)
    low, high = sorted((one, other))
    outcome = judge(budget, (low + high) / 2, low, high)
    assert (outcome == "inconclusive") if low < limit < high else (outcome in ("pass", "fail", "inconclusive"))
    if limit < low or limit > high:
        assert outcome != "inconclusive"


def test_upside_down():
    with pytest.raises(ValueError, match="upside down"):
        judge(LATENCY, 3, 4, 2)


def test_reasons_say_by_how_much():
    assert decide(LATENCY, 36, 35, 37).reason == "36 ms (35 to 37) against 30 ms: over by 6 ms"
    assert decide(ACCURACY, 85.5).reason == "85.5 % against 90 %: under by 4.5 points"
    assert decide(LATENCY, 0.123456, 0.12, 12345.6).reason.startswith("0.1235 ms (0.12 to 12,350)")
    # GPT-2 with static activations
    rise = Budget(metric="perplexity_increase_pct", limit=25.0, baseline="teacher")
    assert decide(rise, 5155.4321).reason == "5,155 % against 25 %: over by 5,130 points"
    assert decide(LATENCY, 30, 29, 31).reason.endswith("the limit lies inside the interval")
    verdict = decide(LATENCY, 3)
    assert (verdict.low, verdict.high, verdict.outcome) == (3, 3, "pass")


def test_exit_codes():
    shown = Budget(metric="size_mb", limit=1, gate=False)
    good, bad, open_, none = (
        decide(LATENCY, 1),
        decide(LATENCY, 99),
        decide(LATENCY, 30, 20, 40),
        unmeasured(LATENCY, ""),
    )
    assert exit_code([good]) == 0
    assert exit_code([good, decide(shown, 5)]) == 0
    assert exit_code([good, open_]) == exit_code([good, none]) == 3
    assert exit_code([none, bad, open_, good]) == 1
    assert exit_code([]) == exit_code([decide(shown, 0.5)]) == 3
