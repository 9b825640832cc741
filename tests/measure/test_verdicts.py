"""Budgets against what is known of a bundle: every case by its own interval, and the worst verdict counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.measure.evidence import Basis, Case
from edgekit.measure.metrics import METRICS
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import decide, exit_code, judge, unmeasured
from edgekit.schema.budget import Budget

LATENCY, ACCURACY = METRICS["latency_p95_ms"], METRICS["min_accuracy"]


@pytest.mark.parametrize(
    ("metric", "limit", "figure", "outcome"),
    [
        (LATENCY, 30, (25, 24, 27), "pass"),
        (LATENCY, 30, (29, 28, 30), "pass"),
        (LATENCY, 30, (29, 28, 31), "inconclusive"),
        (LATENCY, 30, (31, 30, 32), "inconclusive"),
        (LATENCY, 30, (31, 30.5, 32), "fail"),
        (LATENCY, 30, (30, 30, 30), "pass"),
        (LATENCY, 30, (30.01, 30.01, 30.01), "fail"),
        (LATENCY, 30, (20, 19, float("inf")), "inconclusive"),
        (LATENCY, 30, (31, float("-inf"), 32), "inconclusive"),
        (ACCURACY, 90, (92, 91, 93), "pass"),
        (ACCURACY, 90, (92, 89, 94), "inconclusive"),
        (ACCURACY, 90, (88, 86, 89), "fail"),
        (ACCURACY, 90, (90, 90, 90), "pass"),
        (ACCURACY, 90, (95, float("-inf"), 97), "inconclusive"),
    ],
)
def test_outcomes(metric, limit, figure, outcome):
    assert judge(metric, limit, Estimate(*figure)) == outcome


FIGURE = st.floats(0, 1000)


@given(FIGURE, FIGURE, FIGURE, st.sampled_from([LATENCY, ACCURACY]))
def test_a_limit_inside_the_interval_is_never_decided(limit, one, other, metric):
    low, high = sorted((one, other))
    outcome = judge(metric, limit, Estimate(low + (high - low) / 2, low, high))
    if low < limit < high:
        assert outcome == "inconclusive"
    if limit < low or limit > high:
        assert outcome in ("pass", "fail")


@pytest.mark.parametrize("figure", [(3, 4, 2), (5, 1, 2), (float("nan"), 1, 2), (1, float("nan"), 2)])
def test_an_interval_that_does_not_hold_its_figure_is_no_verdict(figure):
    with pytest.raises(ValueError, match="does not lie between"):
        judge(LATENCY, 3, Estimate(*figure))


def test_reasons_say_by_how_much():
    budget = Budget(metric="latency_p95_ms", limit=30)
    assert decide(budget, Estimate(36, 35, 37)).reason == "36 ms (35 to 37) against 30 ms: over by 6 ms"
    accuracy = Budget(metric="min_accuracy", limit=90)
    assert decide(accuracy, Estimate.exact(85.5)).reason == "85.5 % against 90 %: under by 4.5 points"
    # GPT-2 with static activations
    rise = Budget(metric="perplexity_increase_pct", limit=25.0, baseline="teacher")
    assert decide(rise, Estimate.exact(5155.4321)).reason == "5,155 % against 25 %: over by 5,130 points"
    assert decide(budget, Estimate.exact(31.23456)).reason == "31.23 ms against 30 ms: over by 1.23 ms"
    assert decide(budget, Estimate(28, 27, 29)).reason == "28 ms (27 to 29) against 30 ms"
    assert decide(budget, Estimate.exact(30)).reason == "30 ms against 30 ms"
    fine = Budget(metric="latency_p95_ms", limit=30.12345)
    assert decide(fine, Estimate(20, 19.99999, 29.87654)).reason == "20 ms (20 to 29.88) against 30.12 ms"
    assert decide(budget, Estimate(30, 29, 31)).reason.endswith("the limit lies inside the interval")
    assert decide(budget, Estimate(20, float("-inf"), 22)).reason == "20 ms (at most 22) against 30 ms"
    nothing = Estimate(20, float("-inf"), float("inf"))
    assert decide(budget, nothing).reason.startswith("20 ms (no bound) against 30 ms")
    open_end = decide(budget, Estimate(20, 19, float("inf")))
    assert open_end.reason.startswith("20 ms (at least 19) against 30 ms")
    assert (open_end.low, open_end.high) == (19, None)


@pytest.mark.parametrize(
    ("basis", "described"),
    [
        (Basis(), ""),
        (Basis(samples=0, processes=0), ""),
        (Basis(samples=1, processes=1), "1 run in 1 process"),
        (Basis(samples=2014), "2,014 runs"),
        (Basis(processes=3), ""),
        (Basis(samples=2, processes=2, seconds=0.0), "2 runs in 2 processes, watched for 0 s"),
        (Basis(seconds=5.126), "watched for 5.13 s"),
        (Basis(rows=400), ""),
        (Basis(day="2026-11-28"), ""),
        (Basis(day="2026-11-28", age_days=0.0), "of 2026-11-28 (seconds old)"),
        (Basis(day="2026-11-28", age_days=-1.0), "of 2026-11-28 (seconds old)"),
        (Basis(day="2026-11-28", age_days=59 / 86_400), "of 2026-11-28 (seconds old)"),
        (Basis(day="2026-11-28", age_days=59.97 / 86_400), "of 2026-11-28 (seconds old)"),
        (Basis(day="2026-11-28", age_days=61 / 86_400), "of 2026-11-28 (1 minute old)"),
        (Basis(day="2026-11-28", age_days=59.5 / 1440), "of 2026-11-28 (59 minutes old)"),
        (Basis(day="2026-11-28", age_days=61 / 1440), "of 2026-11-28 (1 hour old)"),
        (Basis(day="2026-11-28", age_days=0.999), "of 2026-11-28 (23 hours old)"),
        (Basis(day="2026-11-28", age_days=1.0), "of 2026-11-28 (1 day old)"),
        (Basis(day="2026-11-28", age_days=2.9), "of 2026-11-28 (2 days old)"),
        (Basis(day="2026-11-28", age_days=1234.0), "of 2026-11-28 (1,234 days old)"),
    ],
)
def test_what_a_figure_rests_on_is_said_in_words(basis, described):
    assert basis.describe == described


def test_exit_codes():
    budget = Budget(metric="size_mb", limit=10)
    shown = Budget(metric="size_mb", limit=10, gate=False)
    good, bad = decide(budget, Estimate.exact(1)), decide(budget, Estimate.exact(99))
    open_, none = decide(budget, Estimate(10, 5, 40)), unmeasured(budget, "")
    assert exit_code([good]) == 0
    assert exit_code([good, decide(shown, Estimate.exact(50))]) == 0
    assert exit_code([good, open_]) == exit_code([good, none]) == 3
    assert exit_code([none, bad, open_, good]) == 1
    assert exit_code([]) == exit_code([decide(shown, Estimate.exact(0.5))]) == 3


class FixedCases:
    """A source that knows these cases, whatever lies in the bundle."""

    conditions, required, on_device = frozenset(), frozenset(), True

    def __init__(self, *found):
        self.found = found

    def cases(self, evidence, question):
        return self.found


@pytest.fixture
def worst(judged, monkeypatch):
    """The verdict on latency below 20 ms, or accuracy above 90 %, by these cases."""

    def worst(name, *found):
        monkeypatch.setitem(METRICS, name, replace(METRICS[name], source=FixedCases(*found)))
        return judged({"latency_p95_ms": "latency_p95_ms=20", "min_accuracy": "min_accuracy=90"}[name])

    return worst


INFINITE = float("inf")


@pytest.mark.parametrize(
    ("metric", "figures", "counts"),
    [
        # of two that pass the one that comes nearer to failing, by its bound and not by its point
        ("latency_p95_ms", [(9, 8, 10), (7, 6, 15)], 1),
        ("latency_p95_ms", [(9, 8, 10), (7, 6, 9.5)], 0),
        ("latency_p95_ms", [(19, 18, 30), (10, 9, INFINITE)], 1),
        ("latency_p95_ms", [(30, 29, 31), (40, 39, 41)], 1),
        ("latency_p95_ms", [(30, 29, 31), (1, 0.5, INFINITE)], 0),
        ("min_accuracy", [(95, 94, 96), (97, 91, 98)], 1),
        ("min_accuracy", [(95, 92, 99), (94, 93, 95)], 0),
        ("min_accuracy", [(91, 80, 95), (95, -INFINITE, 99)], 1),
        ("min_accuracy", [(80, 79, 81), (70, 69, 71)], 1),
        ("min_accuracy", [(80, 79, 81), (99, -INFINITE, 100)], 0),
    ],
)
def test_of_equal_verdicts_the_worst_bound_counts_in_any_order(worst, metric, figures, counts):
    cases = [Case(Estimate(*figure), f"case {number}") for number, figure in enumerate(figures)]
    for order in (cases, cases[::-1]):
        found = worst(metric, *order)
        assert found.measured == figures[counts][0]
        assert found.conditions == f"case {counts} (the worst of 2 cases)"


def test_a_single_case_is_no_worst_of_several(worst):
    case = Case(Estimate(9, 8, 10), "length 16", notes=("a", "b"), advice="cool it", named="length=16")
    found = worst("latency_p95_ms", case)
    assert (found.outcome, found.conditions, found.notes, found.advice) == ("pass", "length 16", ("a", "b"), "")


def test_a_note_on_several_cases_stands_once_and_in_order(worst):
    one = Case(Estimate(9, 8, 10), "one", notes=("cut", "warm"))
    two = Case(Estimate(9, 8, 11), "two", notes=("old", "cut"))
    assert worst("latency_p95_ms", one, two).notes == ("cut", "warm", "old")


def test_what_helps_is_said_where_nothing_is_decided_and_a_case_that_decides_is_named(worst):
    good = Case(Estimate(9, 8, 10), "good", named="length=16")
    nameless = Case(Estimate(9, 8, 10), "nameless")
    bad = Case(Estimate(40, 39, 41), "bad", named="length=32", advice="never said of what is decided")
    worse = Case(Estimate(50, 49, 51), "worse", named="length=64")
    open_ = Case(Estimate(20, 19, 21), "open", named="length=8", advice="measure longer")
    doubted = Case(Estimate(9, 8, 10), "hot", named="length=9", doubts=("throttled", "busy"), advice="cool it")
    name = "name the case that is meant, as latency_p95_ms=20"
    assert worst("latency_p95_ms", good, nameless).advice == ""
    assert worst("latency_p95_ms", bad, worse).advice == ""
    assert worst("latency_p95_ms", bad, nameless).advice == ""
    assert worst("latency_p95_ms", nameless, bad, good).advice == f"{name},length=16"
    assert worst("latency_p95_ms", open_).advice == "measure longer"
    assert worst("latency_p95_ms", open_, good).advice == f"measure longer; or {name},length=16"
    found = worst("latency_p95_ms", doubted, good)
    assert (found.outcome, found.conditions) == ("inconclusive", "hot (the worst of 2 cases)")
    assert found.reason == "9 ms (8 to 10) against 20 ms, but throttled; busy"
    assert found.advice == f"cool it; or {name},length=16"


def test_what_fails_comes_before_what_is_open_before_what_passes(worst):
    good, open_, bad = (Case(Estimate(*figure), "") for figure in ((9, 8, 10), (20, 5, INFINITE), (20.5, 20.2, 20.8)))
    assert worst("latency_p95_ms", good, open_).outcome == "inconclusive"
    assert worst("latency_p95_ms", open_, bad, good).outcome == "fail"
