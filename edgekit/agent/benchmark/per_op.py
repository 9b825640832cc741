"""Time by kind of operator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import BadInput, RuntimeFailed
from ..runtimes.base import Array
from ..runtimes.onnxruntime import OnnxSession
from .kernels import Event, trace

WARMUP_RUNS = 5
RUNS = 20


def check_per_op(runtime: str) -> None:
    """Raise `BadInput` for a runtime that cannot tell, before time is spent on measuring."""
    if runtime != "onnxruntime":
        raise BadInput(
            f"time by operator cannot be had from {runtime}: its Python interface has no profiler",
            "measure the ONNX export, or the whole TFLite file without --per-op",
        )


def traced_runs(path: Path, threads: int, feeds: Callable[[int], dict[str, Array]], timed: bool) -> list[Event]:
    """The profile of a session of its own: of as many runs as `operator_times` needs, or of one.

    Raises `RuntimeFailed` where onnxruntime writes none.
    """
    return trace(
        lambda prefix: OnnxSession(path, threads, prefix),
        lambda session, run: session.run(feeds(run)),
        WARMUP_RUNS + RUNS if timed else 1,
    )


def operator_times(events: list[Event]) -> list[dict[str, Any]]:
    """ms per inference of each kind of operator, the most costly first, as `spec.measurement.OperatorTime`.

    events: of `traced_runs`; profiling costs time itself, so the shares count more than the sum
    Raises `RuntimeFailed` for a profile of too few runs.
    """
    starts = sorted(event["ts"] for event in events if event.get("name") == "model_run")
    if len(starts) < WARMUP_RUNS + RUNS:
        raise RuntimeFailed(f"onnxruntime's profile tells of {len(starts)} runs of {WARMUP_RUNS + RUNS}")
    first = starts[WARMUP_RUNS]
    micros: dict[str, float] = {}
    calls: dict[str, int] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and event["ts"] >= first:
            operator = event["args"]["op_name"]
            micros[operator] = micros.get(operator, 0.0) + event["dur"]
            calls[operator] = calls.get(operator, 0) + 1
    whole = sum(micros.values()) or 1.0
    return [
        {
            "operator": operator,
            "calls": max(1, round(calls[operator] / RUNS)),
            "ms": spent / RUNS / 1e3,
            "share": 100 * spent / whole,
        }
        for operator, spent in sorted(micros.items(), key=lambda item: -item[1])
    ]
