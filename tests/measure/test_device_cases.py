"""Budgets against what was measured on a device: every case that counts, and none that cannot be relied on."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from record_makers import around, generation, latency

from edgekit.bundle.records import Records
from edgekit.measure.evidence import Evidence, Question
from edgekit.measure.statistics.estimate import Estimate, at_least
from edgekit.measure.verdicts import verdict_on
from edgekit.schema.budget import Budget


def test_the_worst_verdict_counts_and_not_the_worst_point(judged):
    # a wide length below the limit hides behind a tight one that is higher, where points are compared
    tight = latency(judged.manifest, 18, length=32, runs=3000)
    wide = latency(judged.manifest, 10, length=16, samples=around(10, 30))
    assert judged("latency_p95_ms=20,length=32", tight, wide).outcome == "pass"
    found = judged("latency_p95_ms=20", tight, wide)
    assert found.outcome == "inconclusive"
    assert "length 16" in found.conditions and "the worst of 2 cases" in found.conditions


def test_a_throttled_length_does_not_hide_behind_a_slower_one(judged):
    clean = latency(judged.manifest, 15, length=32)
    throttled = latency(judged.manifest, 9, length=16, state={"throttled": True})
    found = judged("latency_p95_ms=20", clean, throttled)
    assert found.outcome == "inconclusive"
    assert "throttled" in found.reason and "--allow-throttled" in found.advice
    assert judged("latency_p95_ms=20", clean, throttled, throttled=True).outcome == "pass"
    assert judged("latency_p95_ms=12", clean, throttled).outcome == "fail"


def test_every_thread_count_that_was_measured_counts_where_none_is_named(judged):
    one, two = latency(judged.manifest, 30, threads=1), latency(judged.manifest, 10, threads=2)
    assert judged("latency_p50_ms=20", one, two).outcome == "fail"
    assert judged("latency_p50_ms=20,threads=2", one, two).outcome == "pass"


def test_of_one_case_measured_again_the_newest_counts(judged):
    old, new = latency(judged.manifest, 30, days=3), latency(judged.manifest, 10, days=1)
    day = new.taken_at[:10]
    for records in ((old, new), (new, old)):
        found = judged("latency_p50_ms=20", *records)
        assert (found.outcome, found.basis.samples, found.basis.processes) == ("pass", 900, 3)
        assert found.basis.describe == f"900 runs in 3 processes, watched for 9 s, of {day} (1 day old)"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"runs": 3}, "too little evidence"),
        ({"processes": 1}, "it comes from 1 process, and at least 3 are needed"),
        ({"processes": 2}, "it comes from 2 processes"),
        ({"samples": around(0.5, 900)}, "the device was watched for 0.45 s only"),
        ({"state": {"throttled": True}}, "throttled"),
        ({"state": {"under_voltage": True}}, "under voltage"),
        ({"state": {"waited": 0.6}}, "busy"),
        ({"state": {"stolen": 0.3}}, "busy"),
        ({"state": {"others": 4.0}}, "busy"),
        ({"state": {"memory_stall": 0.3}}, "busy"),
    ],
)
def test_what_cannot_be_relied_on_is_inconclusive_whatever_the_figure_says(judged, changes, why):
    record = latency(judged.manifest, 10, **changes)
    for limit in (1, 1000):
        found = judged(f"latency_p95_ms={limit}", record)
        assert found.outcome == "inconclusive"
        assert why in found.reason
        assert found.advice


def test_too_many_threads_are_told_as_such(judged):
    known = latency(judged.manifest, 10, threads=8, state={"waited": 0.5})
    found = judged("latency_p50_ms=20", known)
    assert found.outcome == "inconclusive"
    assert "8 threads shared 4 cores" in found.reason and "busy" not in found.reason
    assert "--threads 4" in found.advice
    assert judged("latency_p50_ms=20", known, busy=True).outcome == "pass"


def test_a_median_over_the_limit_of_p95_is_a_failure(judged):
    """Of so few samples no interval of p95 can be told, of the median one can."""
    doubtful = latency(judged.manifest, 40, samples=around(40, 45))
    assert judged("latency_p95_ms=80", doubtful).outcome == "inconclusive"
    assert judged("latency_p95_ms=36", doubtful).outcome == "fail"
    # what could still pass stays undecided, however little it is over
    assert judged("latency_p95_ms=40", doubtful).outcome == "inconclusive"
    assert judged("latency_p50_ms=36", doubtful).outcome == "fail"
    # what spoils the median as well decides nothing
    for changes in ({"state": {"waited": 0.6}}, {"state": {"throttled": True}}, {"processes": 1}):
        spoilt = latency(judged.manifest, 10, **({"samples": around(40, 45)} | changes))
        assert judged("latency_p95_ms=36", spoilt).outcome == "inconclusive", changes
    few = latency(judged.manifest, 10, samples=around(400, 3))
    assert judged("latency_p95_ms=36", few).outcome == "inconclusive"


def test_a_floor_changes_nothing_but_what_is_over_the_limit():
    figure, unknown = Estimate(12, 9, 14), Estimate(12, -math.inf, math.inf, "too few")
    assert at_least(figure, Estimate(10, 9.5, 11), 9.5) == figure
    assert at_least(figure, Estimate(10, 9.5, 11, "too few"), 5) == figure
    assert at_least(figure, Estimate(10, 9.5, 11), 9.4) == Estimate(12, 9.5, 14)
    assert at_least(unknown, Estimate(10, 9.5, 11), 9.4) == Estimate(12, 9.5, math.inf)
    assert at_least(Estimate(9.45, 9, 14), Estimate(10, 9.5, 11), 9.4) == Estimate(9.45, 9.45, 14)
    assert at_least(Estimate(12, 9.9, 14), Estimate(10, 9.5, 11), 9.4) == Estimate(12, 9.9, 14)


def test_a_busy_machine_counts_only_where_it_is_allowed_to(judged):
    record = latency(judged.manifest, 10, state={"waited": 0.6})
    assert judged("latency_p95_ms=20", record, throttled=True).outcome == "inconclusive"
    assert judged("latency_p95_ms=20", record, busy=True).outcome == "pass"


def test_throttled_before_and_after_and_unknown_between_is_not_clean(judged):
    ends = {"throttled": True, "under_voltage": False}
    unknown = {"throttled": None, "under_voltage": None}
    record = latency(judged.manifest, 10, state=unknown, before=ends, after=ends)
    assert judged("latency_p95_ms=20", record).outcome == "inconclusive"


def test_an_old_measurement_does_not_count_where_an_age_is_asked_for(judged):
    record = latency(judged.manifest, 10, days=12)
    assert judged("latency_p95_ms=20", record).outcome == "pass"
    found = judged("latency_p95_ms=20", record, max_age=timedelta(days=7))
    assert found.outcome == "unmeasured"
    assert "12.0 days ago" in found.reason


def test_a_case_that_only_an_old_measurement_knows_does_not_vanish(judged):
    slow, fast = latency(judged.manifest, 33, length=32, days=10), latency(judged.manifest, 3, length="data", days=0.1)
    assert judged("latency_p95_ms=25", slow, fast).outcome == "fail"
    found = judged("latency_p95_ms=25", slow, fast, max_age=timedelta(days=1))
    assert found.outcome == "inconclusive"
    assert "10.0 days old" in found.reason


def test_what_is_allowed_to_count_is_said(judged):
    record = latency(judged.manifest, 10, state={"waited": 0.6, "throttled": True})
    found = judged("latency_p95_ms=20", record, busy=True, throttled=True)
    assert found.outcome == "pass"
    [note] = found.notes
    assert note.startswith("it counts although") and "throttled" in note and "busy" in note


def test_a_load_that_nobody_could_read_is_said(judged):
    unknown = dict.fromkeys(("waited", "stolen", "others", "memory_stall"))
    found = judged("latency_p95_ms=20", latency(judged.manifest, 10, state=unknown))
    assert found.notes == ("whether other work slowed the device meanwhile is not known",)


def test_of_several_cases_the_one_that_may_be_meant_is_named(judged):
    one, two = latency(judged.manifest, 30, threads=1), latency(judged.manifest, 10, threads=2)
    assert judged("latency_p50_ms=20", one, two).advice == (
        "name the case that is meant, as latency_p50_ms=20,length=16,threads=2"
    )


@pytest.mark.parametrize(
    "changes", [{"content_hash": "0" * 64}, {"model_sha256": "0" * 64}], ids=["other content", "other model"]
)
def test_a_record_of_another_content_does_not_count(judged, changes):
    assert judged("latency_p95_ms=20", latency(judged.manifest, 10, **changes)).outcome == "unmeasured"


def test_sustained_runs_are_a_case_of_their_own(judged):
    slow = around(30, 4000)
    record = latency(judged.manifest, 10, sustained_ms=slow)
    found = judged("latency_p95_ms=20", record)
    assert found.outcome == "fail"
    assert "sustained" in found.conditions


def test_a_target_without_cooling_asks_for_a_sustained_run(judged):
    bare = judged.manifest.target_facts.model_copy(update={"cooling": "none"})
    silent = {"throttled": None, "under_voltage": None}

    def verdict(record):
        evidence = Evidence(judged.manifest, Records.of((record,)), datetime.now(UTC))
        return verdict_on(Question(Budget.from_text("latency_p95_ms=20"), bare, "out/onnx"), evidence)

    found = verdict(latency(judged.manifest, 10, state=silent))
    assert found.outcome == "inconclusive"
    assert "--sustained 60" in found.advice
    assert verdict(latency(judged.manifest, 10)).outcome == "pass"
    assert verdict(latency(judged.manifest, 10, state=silent, sustained_ms=around(10, 6100))).outcome == "pass"


def test_memory_is_the_most_that_was_seen(judged):
    records = [latency(judged.manifest, 5, length=length, peak_rss_mb=mb) for length, mb in ((16, 100.0), (32, 140.0))]
    assert judged("peak_memory_mb=130", *records).measured == 140
    assert judged("peak_memory_mb=130", *records).outcome == "fail"


def test_another_format_is_a_row_and_no_pass(judged):
    found = judged("size_mb=10,format=tflite")
    assert (found.outcome, found.reason) == ("unmeasured", "the budget is for tflite, and this bundle is onnx")


@pytest.mark.parametrize("change", [{"scheme": "int4-weight"}, {"format": "tflite"}], ids=["scheme", "format"])
def test_a_bundle_that_no_runtime_of_the_target_executes_correctly_passes_nothing(judged, change):
    """Its figures may be there all the same, as of a laptop: for this target they say nothing."""
    manifest = judged.manifest
    fit = manifest.target_facts.runtimes[0].model_copy(update={"schemes": (manifest.scheme,)})
    target = manifest.target_facts.model_copy(update={"runtimes": (fit,)})

    def verdict(known):
        evidence = Evidence(known, Records.of((latency(known, 10),)), datetime.now(UTC))
        return verdict_on(Question(Budget.from_text("latency_p95_ms=20"), target, "out/onnx"), evidence)

    assert verdict(manifest).outcome == "pass"
    found = verdict(manifest.model_copy(update=change))
    assert (found.outcome, found.measured, found.conditions) == ("unmeasured", None, target.name)
    assert target.name in found.reason


def test_a_metric_of_decoders_is_judged_by_its_own_samples(judged):
    decoder = judged.manifest.model_copy(update={"task": "text-generation"})
    record = generation(decoder, token_ms=10.0, first_ms=50.0)
    evidence = Evidence(decoder, Records.of((record,)), datetime.now(UTC))

    def verdict(text):
        return verdict_on(Question(Budget.from_text(text), decoder.target_facts, "out/onnx"), evidence)

    # 1000 / 10 ms, by hand
    assert verdict("tokens_per_s=90").measured == pytest.approx(100, rel=0.002)
    assert verdict("first_token_ms=60").measured == pytest.approx(50, rel=0.002)
    assert [verdict(text).outcome for text in ("tokens_per_s=95", "tokens_per_s=105")] == ["pass", "fail"]
    assert [verdict(text).outcome for text in ("first_token_ms=52", "first_token_ms=48")] == ["pass", "fail"]
