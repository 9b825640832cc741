"""What a report shows: the models of a run beside each other, the verdicts, and what they rest on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from edgekit.measure.statistics import Estimate
from edgekit.measure.verdict import Verdict
from edgekit.spec.manifest import Accuracy, Parity, Step
from edgekit.spec.measurement import Measurement


@dataclass(frozen=True)
class LatencyRow:
    """Latency from text to label in ms with 95 % intervals, of one file under one set of conditions."""

    device: str
    runtime: str
    threads: int
    length: int | str
    p50: Estimate
    p95: Estimate
    peak_rss_mb: float
    cold_load_ms: float
    samples_ms: tuple[float, ...]
    emulated: bool = False


@dataclass(frozen=True)
class ModelRow:
    """One model of the run: a checkpoint (teacher, student, ...) or a bundle (its format is then given).

    size_mb counts weights and tokenizer, in MB of 10^6 bytes; parts_mb says where they are, largest first.
    model_sha256 is that of a bundle's model file, by which its measurements are known.
    """

    name: str
    path: str
    format: str | None
    scheme: str
    size_mb: float
    parameters: int
    parts_mb: dict[str, float]
    accuracy: Accuracy | None
    latencies: tuple[LatencyRow, ...] = ()
    parity: Parity | None = None
    notes: tuple[str, ...] = ()
    model_sha256: str | None = None


@dataclass(frozen=True)
class VerdictRow:
    """A verdict on a bundle, and in words what its figure holds for."""

    bundle: str
    format: str
    verdict: Verdict
    conditions: str


@dataclass(frozen=True)
class Confusion:
    """How often rows of one label were taken for another by the bundle named; the worst pairs first."""

    bundle: str
    pairs: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Summary:
    """A whole run. `exit_code` is that of its verdicts; `commands` reproduce it stage by stage."""

    name: str
    title: str
    target: str
    data: str
    rows: dict[str, int]
    labels: tuple[str, ...]
    models: tuple[ModelRow, ...]
    verdicts: tuple[VerdictRow, ...]
    exit_code: int
    confusions: tuple[Confusion, ...]
    measurements: tuple[Measurement, ...]
    lineage: tuple[Step, ...]
    commands: tuple[str, ...]
    created_at: str

    def dump(self) -> dict[str, Any]:
        """The summary as plain JSON values, without the raw samples, which stay with the bundles."""
        return {
            field.name: _plain(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "measurements"
        }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "samples_ms"
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
