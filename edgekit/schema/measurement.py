"""Measurements: raw samples, conditions and a device fingerprint; never a bare number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeVar

import pydantic

from edgekit.errors import quoted
from edgekit.schema.base_model import Strict

# a record's numbers are numbers: no text that looks like one, and no true or false
Number = Annotated[float, pydantic.Field(strict=True, ge=-1e12, le=1e12)]
NonNegative = Annotated[float, pydantic.Field(strict=True, ge=0, le=1e12)]
Positive = Annotated[float, pydantic.Field(strict=True, gt=0, le=1e12)]
Count0 = Annotated[int, pydantic.Field(strict=True, ge=0, le=10**15)]
Count1 = Annotated[int, pydantic.Field(strict=True, ge=1, le=10**15)]
Flag = Annotated[bool, pydantic.Field(strict=True)]
# how far the clock of another machine may be ahead before its records are from the future
CLOCKS_DIFFER = timedelta(hours=1)
# what is timed, and is not a part or a sum of others
TimedPart = Literal["infer", "first_token", "token"]
_AnyPart = TypeVar("_AnyPart", bound=str)
Samples = Annotated[tuple[NonNegative, ...], pydantic.Field(max_length=1_000_000)]


class Fingerprint(Strict):
    """Which machine answered."""

    device: str
    arch: str
    cpu_model: str
    cpu_parts: tuple[str, ...] = ()
    cores: Count1
    features: tuple[str, ...] = ()
    os: str
    libc: str
    python: str
    ram_mb: Number | None = None
    emulated: Flag = False


class Conditions(Strict):
    """What could spoil a measurement; None is "could not be read", never "fine"."""

    load_1min: Number | None = None
    governor: str | None = None
    clock_mhz: Number | None = None
    temperature_c: Number | None = None
    throttled: Flag | None = None
    under_voltage: Flag | None = None
    swap_used_mb: Number | None = None
    available_mb: Number | None = None


class Moment(Conditions):
    """The state of the machine at one moment of a measurement.

    process: which process was measuring then, counted from 0
    seconds: since the first moment of that process, by a clock that never jumps
    runs:    samples that the process had taken by then, of all kinds together, in the order taken
    rss_mb:  what the agent held
    What follows tells of the time since the moment before, in the same process:
    waited:        time that the busiest thread of the agent was ready to run and got no core, as a share of it
    stolen:        of the time that cores had work, the share that a hypervisor gave to other machines
    others:        cores that other processes kept busy
    memory_stall:  share of it in which something waited for memory (Linux' pressure stall information)
    major_faults:  pages that the agent had to read from disk
    `throttled` and `under_voltage` also tell of it. What `Conditions` has beside them is taken once a second, and None
    at the moments between.
    """

    process: Count0 = 0
    seconds: NonNegative
    runs: Count0
    rss_mb: Number | None = None
    waited: NonNegative | None = None
    stolen: NonNegative | None = None
    others: NonNegative | None = None
    memory_stall: NonNegative | None = None
    major_faults: Count0 | None = None


class Energy(Strict):
    """The power of a board in W while idle, and then under `runs` inferences back to back in `seconds`.

    rails: what the power chip measures; the sum of volts times amperes over these is the power
    """

    idle_w: Annotated[tuple[NonNegative, ...], pydantic.Field(min_length=1, max_length=100_000)]
    load_w: Annotated[tuple[NonNegative, ...], pydantic.Field(min_length=1, max_length=100_000)]
    runs: Count1
    seconds: Positive
    rails: tuple[str, ...]


class OperatorTime(Strict):
    """Time spent in one kind of operator in one inference, in ms, and its share of the whole in %."""

    operator: str
    calls: Count1
    ms: NonNegative
    share: NonNegative


class Process(Strict):
    """One process that took samples.

    samples: how many it took of each part that is not a sum of others: `infer`, or `first_token` and `token`
    seconds: from its first sample to its last, sustained runs left out
    """

    samples: dict[TimedPart, Count1]
    seconds: NonNegative
    cold_load_ms: NonNegative
    first_inference_ms: NonNegative
    peak_rss_mb: NonNegative


class Ran(Strict):
    """What really ran, as the runtime and the system tell it afterwards; None and empty where they do not.

    build:     the runtime's own words on how it was built
    threads:   threads that worked for the model
    operators: nodes of each kind that the runtime executes, after its own optimization, as `MatMulInteger`
    delegate:  what took nodes over from the runtime, as XNNPACK; `delegated` of `nodes` went to it
    options:   of the session, as the runtime has them
    caches_kb: sizes of the processor's caches, by level, as `L2`
    """

    build: str | None = None
    threads: Count1 | None = None
    operators: dict[str, Count1] = pydantic.Field(default_factory=dict)
    delegate: str | None = None
    delegated: Count0 | None = None
    nodes: Count0 | None = None
    options: dict[str, str] = pydantic.Field(default_factory=dict)
    caches_kb: dict[str, Number] = pydantic.Field(default_factory=dict)


class Stamped(Strict):
    """Where and when something was found out.

    taken_at: ISO 8601 with the offset from UTC
    """

    format_version: Literal[2] = 2
    fingerprint: Fingerprint
    taken_at: str
    agent_version: str
    notes: tuple[str, ...] = ()

    @pydantic.field_validator("taken_at")
    @classmethod
    def _is_a_moment(cls, value: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"taken_at is no moment ({quoted(value)} was given)") from None
        if moment.tzinfo is None:
            raise ValueError("taken_at must say its offset from UTC")
        if moment > datetime.now(UTC) + CLOCKS_DIFFER:
            raise ValueError(f"taken_at is in the future ({quoted(value)}): set the clock, or measure again")
        return value

    @property
    def moment(self) -> datetime:
        """When it was taken, to be compared with others."""
        return datetime.fromisoformat(self.taken_at)

    def dump(self) -> dict[str, object]:
        """The record as plain JSON values."""
        return self.model_dump(mode="json")


class MonitoredRecord(Stamped):
    """What is known of the machine at every measurement on it.

    during: four times a second, from the first sample of each process to its last
    """

    before: Conditions
    during: Annotated[tuple[Moment, ...], pydantic.Field(max_length=10_000)] = ()
    after: Conditions


class OfFile(MonitoredRecord):
    """What every measurement of one file on one device says of what was run."""

    model_sha256: str
    content_hash: str | None = None
    runtime: str
    runtime_version: str
    threads: Count1


class TimedRecord(OfFile):
    """What measurements of time say of one file at one thread count on one device, over one process or several.

    processes:    those that took the samples, in their order; the samples of each stand one behind the other
    cold_load_ms, first_inference_ms: of the first process
    peak_rss_mb:  the most of all
    sustained_ms: raw times of whole runs, back to back behind the other samples of the last process; empty where that
                  was not asked for. Of a decoder, of a token
    energy:       None where it was not asked for, or is not measurable
    """

    processes: Annotated[tuple[Process, ...], pydantic.Field(min_length=1, max_length=1000)]
    ran: Ran = Ran()
    cold_load_ms: NonNegative
    first_inference_ms: NonNegative
    warmup_runs: Count0
    peak_rss_mb: NonNegative
    sustained_ms: Samples = ()
    energy: Energy | None = None

    @pydantic.model_validator(mode="after")
    def _is_of_its_processes(self) -> Self:
        if self.peak_rss_mb < max(process.peak_rss_mb for process in self.processes):
            raise ValueError("peak_rss_mb is below what one of the processes held")
        for number in range(len(self.processes)):
            seen = [moment for moment in self.during if moment.process == number]
            if any(later.seconds < earlier.seconds or later.runs < earlier.runs for earlier, later in pairwise(seen)):
                raise ValueError(f"during: the moments of process {number} do not follow one another")
        if any(moment.process >= len(self.processes) for moment in self.during):
            raise ValueError(f"during: a moment is of a process beyond the {len(self.processes)} that there were")
        return self

    def counted(self, part: TimedPart) -> tuple[int, ...]:
        """How many samples of a part each process took."""
        return tuple(process.samples[part] for process in self.processes)


class Measurement(TimedRecord):
    """Latency and memory at one length.

    length: tokens in the input, padding included; `data` for the lengths of the user's own texts
    samples_ms: raw times of each part in the order taken; `total` is a text from string to label. A bundle has all
                four, a bare file `infer` alone
    texts_sha256: of the texts that were run, set by the host; None for the golden cases or for made-up inputs
    """

    kind: Literal["latency"] = "latency"
    length: Count1 | Literal["data"]
    samples_ms: dict[Literal["tokenize", "infer", "postprocess", "total"], Samples]
    operators: tuple[OperatorTime, ...] = ()
    texts_sha256: str | None = None

    @pydantic.model_validator(mode="after")
    def _is_whole(self) -> Self:
        parts = {"infer"} if self.content_hash is None else {"tokenize", "infer", "postprocess", "total"}
        if set(self.samples_ms) != parts:
            raise ValueError(f"samples_ms must hold {', '.join(sorted(parts))}")
        _check_counts(self.samples_ms, dict.fromkeys(self.samples_ms, "infer"), self.processes)
        infer, total = self.samples_ms["infer"], self.total_ms
        if any(whole < part for whole, part in zip(total, infer, strict=True)):
            raise ValueError("samples_ms: a total is shorter than its infer")
        if not sum(total) > 0:
            raise ValueError("samples_ms: no run took any time")
        return self

    @property
    def total_ms(self) -> Samples:
        """The times from text to label; of a bare file, which takes no text, those of the model alone."""
        return self.samples_ms.get("total") or self.samples_ms["infer"]


class GenerationMeasurement(TimedRecord):
    """Speed and memory of a decoder at one length of the context.

    length:     tokens of the prompt, and before each token that was timed
    capacity:   tokens that the cache had room for
    samples_ms: raw times in the order taken. `first_token`: the whole prompt, from ids, and the choice of the next
                token; `token`: one token behind the prompt, and the choice of the next
    """

    kind: Literal["generation"] = "generation"
    length: Count1
    capacity: Count1
    samples_ms: dict[Literal["first_token", "token"], Annotated[Samples, pydantic.Field(min_length=1)]]

    @pydantic.model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.samples_ms) != {"first_token", "token"}:
            raise ValueError("samples_ms must hold first_token and token")
        _check_counts(self.samples_ms, dict(zip(self.samples_ms, self.samples_ms, strict=True)), self.processes)
        return self


def _check_counts(
    samples: Mapping[_AnyPart, Samples], counted_as: Mapping[_AnyPart, TimedPart], processes: tuple[Process, ...]
) -> None:
    """Every run has every part, and every sample a process that took it; `ValueError` else."""
    wanted = set(counted_as.values())
    for process in processes:
        if set(process.samples) != wanted:
            raise ValueError(f"each process must say its samples of {', '.join(sorted(wanted))}")
    for part, taken in samples.items():
        known = sum(process.samples[counted_as[part]] for process in processes)
        if len(taken) != known:
            raise ValueError(f"samples_ms.{part} holds {len(taken)} samples, and its processes took {known}")


# what an agent measures of a model: by its task
AgentMeasurement = Measurement | GenerationMeasurement


class Count(Strict):
    """Instructions executed: all, and of them the dot products of integers and the fused multiply-adds."""

    total: Count1
    dot_product: Count0
    fma: Count0


class InstructionCounts(OfFile):
    """Instructions of single inferences with one thread, on an emulated device: blind to caches, never a time.

    length: as in `Measurement` and `GenerationMeasurement`
    counts: raw counts in the order taken. Of a file that classifies `infer`, the runtime's work on token ids; of a
            decoder `first_token` and `token`
    """

    kind: Literal["instructions"] = "instructions"
    length: Count1 | Literal["data"]
    counts: dict[
        Literal["infer", "first_token", "token"],
        Annotated[tuple[Count, ...], pydantic.Field(min_length=1, max_length=10_000)],
    ]
    texts_sha256: str | None = None

    @pydantic.field_validator("counts")
    @classmethod
    def _has_its_parts(cls, value: dict[str, tuple[Count, ...]]) -> dict[str, tuple[Count, ...]]:
        if set(value) not in ({"infer"}, {"first_token", "token"}):
            raise ValueError("counts must hold infer, or first_token and token")
        return value
