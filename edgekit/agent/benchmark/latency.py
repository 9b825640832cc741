"""Measuring one file that classifies, or one of unknown task: everything that goes into a measurement."""

from __future__ import annotations

import time

from ..inference.bundle import Bundle
from ..json_object import JsonObject
from ..runtimes.base import Session, no_profiler
from .after_samples import after_samples
from .device_monitor import DeviceMonitor
from .inference_workload import InferenceWorkload, load_texts
from .kernels import ThreadCount, what_ran
from .record import model_fields, process_fields
from .timing import Progress, sample, warm_up
from .workload import ProfileRequest

# under the profiler, for the time by operator
PROFILE_WARMUP, PROFILE_RUNS = 5, 20


def measure_classifier(bundle: Bundle, request: ProfileRequest, progress: Progress) -> JsonObject:
    """Measure a bundle that classifies; see `measure_inference`. Raises `AgentError`s."""
    return measure_inference(load_texts(bundle, request), request, progress)


def measure_inference(workload: InferenceWorkload, request: ProfileRequest, progress: Progress) -> JsonObject:
    """Measure latency and memory; the fields of `schema.measurement.Measurement` as plain JSON values.

    Raises `AgentError`s.
    """
    session = workload.session
    if request.per_op and not session.can_profile:
        raise no_profiler(session.runtime)
    first_ms = workload.infer_ms(workload.step(0))
    warmed = warm_up(workload.step, request.stopping, progress)
    with DeviceMonitor() as monitor:
        started = time.monotonic()
        with ThreadCount() as threads:
            samples = sample(monitor.counting(workload.step), workload.parts, request.stopping, progress)
        seconds = time.monotonic() - started
        sustained, peak, energy, notes = after_samples(workload.step, monitor, request, progress)
    common = model_fields("latency", session, workload.hashes)
    operators, ran = _what_ran(workload, request, threads.worked)
    return {
        **common,
        **monitor.states(),
        **process_fields({"infer": len(samples["infer"])}, seconds, workload.load_ms, first_ms, peak),
        "length": workload.length,
        "samples_ms": samples,
        "sustained_ms": sustained,
        "warmup_runs": warmed,
        "operators": operators,
        "ran": ran,
        "energy": energy,
        "notes": [*workload.notes, *monitor.notes, *notes],
    }


def _what_ran(
    workload: InferenceWorkload, request: ProfileRequest, threads: int | None
) -> tuple[list[JsonObject], JsonObject]:
    """The time of each kind of operator, where that was asked for, and what ran; the last use of a workload."""
    session, times = workload.session, []
    if not (session.can_profile and (request.trace or request.per_op)):
        return [], what_ran(session, threads, None)

    def run_profiled(profiled: Session) -> None:
        for run in range(PROFILE_WARMUP + PROFILE_RUNS if request.per_op else 1):
            profiled.run(workload.feeds(run))

    def operators() -> dict[str, int]:
        profile = session.profile(run_profiled)
        times.extend(profile.operator_times(PROFILE_WARMUP, PROFILE_RUNS) if request.per_op else [])
        return profile.operators()

    return times, what_ran(session, threads, operators)
