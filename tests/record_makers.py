"""Records as a device would have given them: quiet, cool and long enough, unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from edgekit.bundle.evaluation import Accuracy, ClassScore, Drop
from edgekit.schema.measurement import GenerationMeasurement, Measurement

QUIET = {"throttled": False, "under_voltage": False, "waited": 0.0, "stolen": 0.0, "others": 0.0, "clock_mhz": 3000.0}
PROCESSES = 3


def machine(**changes):
    facts = {"device": "Some PC", "arch": "x86_64", "cpu_model": "", "cores": 4, "os": "Debian", "libc": ""}
    return {**facts, "python": "", **changes}


def around(milliseconds, runs, seed=0):
    """Independent times that scatter by 1 % around a median."""
    return [float(value) for value in milliseconds * np.exp(0.01 * np.random.default_rng(seed).standard_normal(runs))]


def moments(processes, runs, seconds, state):
    """Each process looked at when it began and when it ended."""
    ends = ((0.0, 0), (seconds, runs))
    return [
        {"process": process, "seconds": at, "runs": done, **QUIET, **state}
        for process in range(processes)
        for at, done in ends
    ]


def common(manifest, *, threads, days, processes, parts, seconds, state, peak_mb=100.0):
    return {
        "model_sha256": manifest.files[manifest.model_file].sha256,
        "content_hash": manifest.content_hash,
        "runtime": "onnxruntime",
        "runtime_version": "1",
        "threads": threads,
        "processes": [
            {
                "samples": parts,
                "seconds": seconds,
                "cold_load_ms": 1.0,
                "first_inference_ms": 1.0,
                "peak_rss_mb": peak_mb,
            }
        ]
        * processes,
        "cold_load_ms": 1.0,
        "first_inference_ms": 1.0,
        "warmup_runs": 0,
        "peak_rss_mb": peak_mb,
        "fingerprint": machine(),
        "before": QUIET_ENDS,
        "during": moments(processes, sum(parts.values()), seconds, state),
        "after": QUIET_ENDS,
        "taken_at": (datetime.now(UTC) - timedelta(days=days)).isoformat(),
        "agent_version": "1",
    }


QUIET_ENDS = {"throttled": False, "under_voltage": False, "clock_mhz": 3000.0}


def latency(
    manifest,
    milliseconds,
    *,
    length=16,
    threads=2,
    days=1.0,
    runs=900,
    processes=PROCESSES,
    seconds=5.0,
    state=None,
    samples=None,
    **changes,
):
    """A latency measurement of a bundle; `milliseconds` is its median, from text to label."""
    each = runs // processes
    totals = samples if samples is not None else around(milliseconds, each * processes)
    each = len(totals) // processes
    infer = [0.9 * value for value in totals]
    rest = [0.05 * value for value in totals]
    parts = {"tokenize": rest, "infer": infer, "postprocess": rest, "total": totals}
    value = common(
        manifest,
        threads=threads,
        days=days,
        processes=processes,
        parts={"infer": each},
        seconds=seconds,
        state=state or {},
    )
    return Measurement.parse({**value, "length": length, "samples_ms": parts, **changes}, "a record")


def generation(
    manifest, *, token_ms=10.0, first_ms=50.0, length=16, threads=2, days=1.0, state=None, peak_mb=100.0, **changes
):
    """A decoder's measurement."""
    parts = {"first_token": 60, "token": 300}
    value = common(
        manifest,
        threads=threads,
        days=days,
        processes=PROCESSES,
        parts=parts,
        seconds=5.0,
        state=state or {},
        peak_mb=peak_mb,
    )
    samples = {
        "first_token": around(first_ms, PROCESSES * parts["first_token"]),
        "token": around(token_ms, PROCESSES * parts["token"], seed=1),
    }
    whole = {**value, "length": length, "capacity": 64, "samples_ms": samples, **changes}
    return GenerationMeasurement.parse(whole, "a record")


def accuracy(
    content_hash,
    value,
    *,
    low=None,
    high=None,
    split="test",
    name="home",
    rows="a",
    count=100,
    truncated=0,
    drops=(),
    runtime="onnxruntime 1",
    classes=None,
    **changes,
):
    """An evaluation; its interval is the figure itself unless it is given."""
    low, high = value if low is None else low, value if high is None else high
    score = ClassScore(
        label="light", rows=count, predicted=count, precision=value, recall=value, f1=value, low=low, high=high
    )
    figures = {"accuracy": value, "low": low, "high": high, "macro_f1": value, "macro_f1_low": low}
    figures |= {"macro_f1_high": high, "mcc": 0.5, "mcc_low": 0.4, "mcc_high": 0.6}
    return Accuracy(
        data=f"{name}/{split}",
        split=split,
        data_sha256=rows * 64,
        content_hash=content_hash,
        rows=count,
        truncated=truncated,
        classes=classes or (score,),
        runtime=runtime,
        drops=tuple(drops),
        **(figures | changes),
    )


def drop(baseline, points, *, low=None, high=None, sha256="f" * 64, unchanged=95.0, count=100):
    """What was lost against a baseline; its interval is the figure itself unless it is given."""
    low, high = points if low is None else low, points if high is None else high
    same = {"points": points, "low": low, "high": high}
    return Drop(
        baseline=baseline,
        baseline_sha256=sha256,
        baseline_accuracy=90.0,
        lost=max(round(points * count / 100), 0),
        gained=max(-round(points * count / 100), 0),
        p_value=1.0,
        bootstrap_low=low,
        bootstrap_high=high,
        macro_f1_points=points,
        macro_f1_low=low,
        macro_f1_high=high,
        unchanged_pct=unchanged,
        unchanged_low=unchanged - 1,
        unchanged_high=unchanged + 1,
        **same,
    )


def class_score(label, rows, predicted=None, right=None, **changes):
    """A class with so many rows; as many as can be are right unless something else is said."""
    predicted = rows if predicted is None else predicted
    right = min(rows, predicted) if right is None else right
    f1 = 200 * right / (rows + predicted) if rows + predicted else None
    fields = {
        "precision": 100 * right / predicted if predicted else None,
        "recall": 100 * right / rows if rows else None,
        "f1": f1,
        "low": None if f1 is None else max(f1 - 5, 0.0),
        "high": None if f1 is None else min(f1 + 5, 100.0),
    }
    return ClassScore(label=label, rows=rows, predicted=predicted, **fields | changes)
