"""Compare runtimes: one bundle by several versions of a runtime, interleaved on one device."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.agent_client import AgentClient
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.agent_requests import texts_to_run
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.flows.profile.profile import profile_on
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.measure.performance.ab_comparison import SpeedComparison, compare_speed
from edgekit.measure.performance.throttling import Disturbance, ever_disturbed
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.comparison import InterleavedBlock
from edgekit.schema.measurement import AgentMeasurement, GenerationMeasurement, Measurement
from edgekit.schema.runtime_ref import RuntimeRef

# turns that each runtime takes, shared among the processes, and the runs of one
ROUNDS = 20
FEWEST_RUNS, MOST_RUNS = 5, 1_000
# a runtime loads the file anew in each turn; its first runs are none of the comparison's
_WARM_RUNS = 3


@dataclass(frozen=True)
class ComparedRuntimes:
    """Which of two runtimes is faster on a file.

    ours, theirs: with their versions; theirs is the one that was named first
    disturbed:    what slowed the device meanwhile; as both met it alike, the verdict stands. None where nothing did
    """

    ours: str
    theirs: str
    length: int | str
    threads: int
    speed: SpeedComparison
    disturbed: Disturbance | None


@dataclass(frozen=True)
class RuntimesCompared:
    """What each runtime was measured to do by itself, and each but the first against the first."""

    measurements: list[AgentMeasurement]
    comparisons: list[ComparedRuntimes]


def compare_runtimes(
    what: Measurable,
    runtimes: Sequence[RuntimeRef],
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> dict[str, RuntimesCompared]:
    """Measure `what` by each runtime, then by all of them interleaved; what came of each device is under its name.

    runtimes: a version is looked for where `edgekit devices setup` has put it; without one it is what profile takes
    texts:    (text, pair or None) to run, in place of `options.data` and of the golden cases
    Each runtime must reproduce the golden cases first. Raises as `profile.profile` does, and `DeviceError` for a
    version that is not on the device.
    """
    options = options or ProfileOptions()
    model = MeasuredModel.of(what)
    if len({runtime.requirement for runtime in runtimes}) < len(runtimes):
        raise UsageError("a runtime is named twice", advice="name each version once")
    texts = texts_to_run(options, texts)

    def work(device: ConnectedDevice, progress: Progress) -> RuntimesCompared:
        sides = [_Side(device, runtime, options) for runtime in runtimes]
        measurements = [side.measured(model, texts, progress) for side in sides]
        turns = _Turns(sides, device.put(model.path, progress), texts)
        compared: list[ComparedRuntimes] = []
        # the same lengths and thread counts in the same order, whichever runtime
        for each in zip(*measurements, strict=True) if len(sides) > 1 else ():
            with progress.task(f"compare {model.name} by {plural(len(sides), 'runtime')}", ROUNDS) as advance:
                compared += turns.compared(each, advance)
        return RuntimesCompared([measurement for side in measurements for measurement in side], compared)

    return on_each(options.device, work, progress)


class _Side:
    """One runtime on a device, as a device whose agents find that version first; see `base.ConnectedDevice`."""

    def __init__(self, device: ConnectedDevice, runtime: RuntimeRef, options: ProfileOptions) -> None:
        self._device = device
        self._runtime = runtime
        self.options = options.model_copy(update={"runtime": runtime.name})
        self.url, self.transport, self.home, self.python = device.url, device.transport, device.home, device.python

    def put(self, path: Path, progress: Progress = SILENT) -> str:
        """As the device does."""
        return self._device.put(path, progress)

    def start_agent(self, python: str | None = None, runtime_folder: str | None = None) -> AgentClient:
        """Start an agent that finds this version."""
        own = f"runtimes/{self._runtime.folder}" if self._runtime.version else None
        return self._device.start_agent(python, runtime_folder or own)

    def measured(
        self, model: MeasuredModel, texts: Sequence[TextPair], progress: Progress
    ) -> Sequence[AgentMeasurement]:
        """What `profile` measures by this runtime; `DeviceError` where another version answers."""
        measurements = profile_on(self, model, self.options, texts, progress)
        for measurement in measurements:
            if self._runtime.version not in (None, measurement.runtime_version):
                raise DeviceError(
                    f"{self.transport.where}: {self._runtime.requirement} answers as {measurement.runtime_version}",
                    advice=f"bring it there anew: edgekit devices setup DEVICE --runtime {self._runtime.requirement}",
                )
        return measurements


class _Turns:
    """Short runs by each side, one right after the other, all agents of a process each alive."""

    def __init__(self, sides: Sequence[_Side], remote: str, texts: Sequence[TextPair]) -> None:
        self._sides = sides
        self._remote = remote
        self._texts = [list(text) for text in texts]

    def compared(self, measurements: Sequence[AgentMeasurement], advance: Advance) -> list[ComparedRuntimes]:
        """Each side but the first against the first, under the conditions of what each has measured by itself."""
        rounds: list[list[AgentMeasurement]] = []
        processes = self._sides[0].options.processes
        shares = [ROUNDS // processes + (process < ROUNDS % processes) for process in range(processes)]
        for share in shares:
            self._take_turns(rounds, share, measurements, advance)
        first = measurements[0]
        return [
            ComparedRuntimes(
                ours=_name(measurements[side]),
                theirs=_name(first),
                length=first.length,
                threads=first.threads,
                speed=compare_speed(_blocks([(turn[side], turn[0]) for turn in rounds]), processes=shares),
                disturbed=next(filter(None, (ever_disturbed(record) for turn in rounds for record in turn)), None),
            )
            for side in range(1, len(measurements))
        ]

    def _take_turns(
        self,
        rounds: list[list[AgentMeasurement]],
        share: int,
        measurements: Sequence[AgentMeasurement],
        advance: Advance,
    ) -> None:
        """Add a share of the rounds, by a fresh process of each side."""
        with ExitStack() as stack:
            agents = [stack.enter_context(side.start_agent(side.options.python)) for side in self._sides]
            for number in range(len(rounds), len(rounds) + share):
                pairs = list(zip(self._sides, agents, measurements, strict=True))
                # every other round the other way round: what warms up or slows down meets all of them alike
                turn = [
                    self._run(*pair, runs=_runs(measurements, pair[0].options)) for pair in pairs[:: (-1) ** number]
                ]
                rounds.append(turn[:: (-1) ** number])
                advance(number + 1)

    def _run(self, side: _Side, agent: AgentClient, measurement: AgentMeasurement, *, runs: int) -> AgentMeasurement:
        kind: type[Measurement] | type[GenerationMeasurement] = type(measurement)
        fields: dict[str, Any] = {"threads": measurement.threads, "texts": self._texts}
        fields["length"] = None if measurement.length == "data" else measurement.length
        fields |= {"runtime": side.options.runtime, "min_runs": runs, "max_runs": runs, "min_seconds": 0.0}
        fields["warmup"] = _WARM_RUNS if side.options.warmup is None else side.options.warmup
        return agent.request("profile", kind, path=self._remote, **fields)


def _runs(measurements: Sequence[AgentMeasurement], options: ProfileOptions) -> int:
    """Runs of one turn, by the slowest side: all turns together last about as long as a measurement."""
    slowest = max(statistics.median(_samples(measurement)) for measurement in measurements)
    by_time = options.seconds * 1e3 / ROUNDS / max(slowest, 1e-6)
    return min(max(math.ceil(by_time), math.ceil(options.min_runs / ROUNDS), FEWEST_RUNS), MOST_RUNS)


def _samples(measurement: AgentMeasurement) -> tuple[float, ...]:
    """Of a decoder tokens, of texts the whole way, of a bare file its runs; in ms."""
    if isinstance(measurement, GenerationMeasurement):
        return measurement.samples_ms["token"]
    return measurement.samples_ms.get("total") or measurement.samples_ms["infer"]


def _blocks(pairs: Sequence[tuple[AgentMeasurement, AgentMeasurement]]) -> list[InterleavedBlock]:
    size = min(len(_samples(measurement)) for pair in pairs for measurement in pair)
    return [
        InterleavedBlock(ours_ms=_samples(ours)[:size], theirs_ms=_samples(theirs)[:size]) for ours, theirs in pairs
    ]


def _name(measurement: AgentMeasurement) -> str:
    return f"{measurement.runtime} {measurement.runtime_version}"
