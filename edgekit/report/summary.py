"""What a report shows: the models of a run beside each other, the verdicts, and what they rest on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from edgekit.bundle.evaluation import Accuracy, ClassScore, Perplexity
from edgekit.bundle.manifest import Parity, Step
from edgekit.bundle.training_record import TrainingRecord
from edgekit.io.json_values import json_value
from edgekit.measure.accuracy.classification import ConfusedPair
from edgekit.measure.metric import Metric
from edgekit.measure.metrics import metric_of
from edgekit.measure.performance.generation import summarise_generation
from edgekit.measure.performance.latency_summary import summarise
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import Verdict
from edgekit.schema.measurement import GenerationMeasurement, Measurement
from edgekit.tasks.registry import DEFAULT_TASK, task_named
from edgekit.tasks.task import TaskName


@dataclass(frozen=True)
class LatencyRow:
    """Latency from text to label in ms with 95 % intervals, of one file under one set of conditions.

    of_target: whether the machine is of the run's target; what another one measured is no result for it
    """

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
    of_target: bool = True


@dataclass(frozen=True)
class SpeedRow:
    """How fast a language model writes behind a context of `length` tokens, with 95 % intervals.

    of_target: as of `LatencyRow`
    """

    device: str
    threads: int
    length: int
    tokens_per_s: Estimate
    emulated: bool = False
    of_target: bool = True


@dataclass(frozen=True)
class ModelRow:
    """One model of the run: a checkpoint (teacher, student, ...) or a bundle (its format is then given).

    size_mb counts weights and tokenizer, in MB of 10^6 bytes; parts_mb says where they are, largest first.
    model_sha256 is that of a bundle's model file, by which its measurements are known. A classifier has an accuracy
    and latencies, a language model a perplexity and speeds, where they were measured.
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
    perplexity: Perplexity | None = None
    speeds: tuple[SpeedRow, ...] = ()
    task: TaskName = DEFAULT_TASK

    @property
    def generates(self) -> bool:
        """Whether it is a language model."""
        return task_named(self.task).generates


@dataclass(frozen=True)
class VerdictRow:
    """A verdict on a bundle, and in words what its figure holds for."""

    bundle: str
    format: str
    verdict: Verdict
    conditions: str

    @property
    def metric(self) -> Metric:
        """What was limited."""
        return metric_of(self.verdict.budget)


@dataclass(frozen=True)
class PackageRow:
    """What a package for apps adds to one, in MB; `runtime`, which is not counted, is what the app loads beside it.

    machines: what it runs on
    """

    platform: str
    path: str
    model_mb: float
    tokenizer_mb: float
    code_mb: float
    total_mb: float
    runtime: str
    machines: str


@dataclass(frozen=True)
class StageRow:
    """A stage of the run: how long it took, None where nothing had to be done; how a training went, now or before."""

    name: str
    seconds: float | None
    record: TrainingRecord | None = None


@dataclass(frozen=True)
class Mistakes:
    """What the model named gets wrong: which label it takes for which, the worst pairs first, and every class."""

    model: str
    pairs: tuple[ConfusedPair, ...]
    classes: tuple[ClassScore, ...]


@dataclass(frozen=True)
class WrongText:
    """A text that a model labels wrongly, with the probability in [0, 1] that it gives to its own label."""

    model: str
    text: str
    pair: str | None
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Summary:
    """A whole run. `exit_code` is that of its verdicts; `commands` reproduce it stage by stage.

    mistakes:    of every model that was evaluated, in the order of the models
    wrong_texts: some rows that a bundle gets wrong; none where the recipe leaves texts out
    """

    name: str
    title: str
    target: str
    data: str
    rows: dict[str, int]
    labels: tuple[str, ...]
    models: tuple[ModelRow, ...]
    verdicts: tuple[VerdictRow, ...]
    exit_code: int
    mistakes: tuple[Mistakes, ...]
    measurements: tuple[Measurement, ...]
    lineage: tuple[Step, ...]
    commands: tuple[str, ...]
    created_at: str
    speeds: tuple[GenerationMeasurement, ...] = ()
    packages: tuple[PackageRow, ...] = ()
    stages: tuple[StageRow, ...] = ()
    wrong_texts: tuple[WrongText, ...] = ()

    @property
    def heading(self) -> str:
        """The title, or the name of a run that was given none."""
        return self.title or self.name

    @property
    def generates(self) -> bool:
        """Whether it is about language models."""
        return any(model.generates for model in self.models)

    @property
    def shown_mistakes(self) -> tuple[Mistakes, ...]:
        """The mistakes of the bundles, which are what a person reads; without bundles those of the last model."""
        bundles = {model.name for model in self.models if model.format}
        return tuple(mistakes for mistakes in self.mistakes if mistakes.model in bundles) or self.mistakes[-1:]

    def dump(self) -> dict[str, object]:
        """The summary as plain JSON values, without the raw samples, which stay with the bundles."""
        return {
            field.name: [_without_samples(record) for record in getattr(self, field.name)]
            if field.name in ("measurements", "speeds")
            else json_value(getattr(self, field.name), leave_out=("samples_ms",))
            for field in dataclasses.fields(self)
        }


def _without_samples(record: Measurement | GenerationMeasurement) -> dict[str, object]:
    """A measurement with its figures in the place of its samples."""
    found = record.model_dump(mode="json", exclude={"samples_ms"})
    if isinstance(record, GenerationMeasurement):
        return found | {"speed": json_value(summarise_generation(record))}
    return found | {"latency": json_value(summarise(record))}
