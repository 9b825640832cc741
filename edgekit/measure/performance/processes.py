"""Several processes that measured one setting one after the other, as one measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from edgekit.schema.comparison import Interleaved
from edgekit.schema.measurement import GenerationMeasurement, Measurement, Moment, MonitoredRecord

_Timed = TypeVar("_Timed", Measurement, GenerationMeasurement)


def merge_processes(records: Sequence[_Timed]) -> _Timed:
    """One measurement of several, each of one process, in the order taken.

    Samples stand one behind the other; the cold load and the first inference are of the first process, the peak of
    memory the most of all, what was measured once of the last, which alone measures it. Raises `ValueError` for
    processes that did not run the same.
    """
    first, last = records[0], records[-1]
    _check_alike(records)
    threads = [record.ran.threads for record in records if record.ran.threads is not None]
    merged = {
        **dict(last),
        **_watched(records),
        "processes": tuple(process for record in records for process in record.processes),
        "ran": last.ran.model_copy(update={"threads": min(threads, default=None)}),
        "cold_load_ms": first.cold_load_ms,
        "first_inference_ms": first.first_inference_ms,
        "warmup_runs": min(record.warmup_runs for record in records),
        "peak_rss_mb": max(record.peak_rss_mb for record in records),
        "samples_ms": {
            part: tuple(value for record in records for value in record.samples_ms[part]) for part in first.samples_ms
        },
    }
    return type(first).model_validate(merged)


def merge_comparisons(records: Sequence[Interleaved]) -> Interleaved:
    """One comparison of several, each of one process, as `merge_processes`."""
    _check_alike(records)
    merged = {
        **dict(records[-1]),
        **_watched(records),
        "blocks": tuple(block for record in records for block in record.blocks),
        "processes": tuple(count for record in records for count in record.processes),
    }
    return Interleaved.model_validate(merged)


def _watched(records: Sequence[MonitoredRecord]) -> dict[str, object]:
    """The state of the machine before the first, during all, and after the last."""
    during: list[Moment] = []
    for place, record in enumerate(records):
        during += [moment.model_copy(update={"process": place}) for moment in record.during]
    notes = dict.fromkeys(note for record in records for note in record.notes)
    return {"before": records[0].before, "during": tuple(during), "notes": tuple(notes)}


def _check_alike(records: Sequence[MonitoredRecord]) -> None:
    same = {
        "model_sha256",
        "content_hash",
        "runtime",
        "runtime_version",
        "threads",
        "length",
        "capacity",
        "ours",
        "theirs",
    }
    facts = [record.model_dump(include=same) for record in records]
    for other in facts[1:]:
        for name, value in facts[0].items():
            if other[name] != value:
                raise ValueError(f"one process measured with another {name} than the others")
