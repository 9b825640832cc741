"""Measurements: raw samples, conditions and a device fingerprint; never a bare number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import pydantic

from edgekit.spec.strict import Strict

Samples = Annotated[tuple[pydantic.NonNegativeFloat, ...], pydantic.Field(max_length=1_000_000)]


class Fingerprint(Strict):
    """Which machine answered."""

    device: str
    arch: str
    cpu_model: str
    cpu_parts: tuple[str, ...] = ()
    cores: pydantic.PositiveInt
    features: tuple[str, ...] = ()
    os: str
    libc: str
    python: str
    ram_mb: float | None = None
    emulated: bool = False


class Conditions(Strict):
    """What could spoil a measurement; None is "could not be read", never "fine"."""

    load_1min: float | None = None
    governor: str | None = None
    clock_mhz: float | None = None
    temperature_c: float | None = None
    throttled: bool | None = None
    under_voltage: bool | None = None
    swap_used_mb: float | None = None
    available_mb: float | None = None


class Moment(Conditions):
    """The state of the machine at one moment of a measurement.

    seconds: since the first moment, by a clock that never jumps
    runs:    samples that had been taken by then, of all kinds together, in the order taken
    rss_mb:  what the agent held
    `throttled` and `under_voltage` also tell of the time since the moment before.
    """

    seconds: pydantic.NonNegativeFloat
    runs: pydantic.NonNegativeInt
    rss_mb: float | None = None


class Energy(Strict):
    """The power of a board in W while idle, and then under `runs` inferences back to back in `seconds`.

    rails: what the power chip measures; the sum of volts times amperes over these is the power
    """

    idle_w: Annotated[tuple[pydantic.NonNegativeFloat, ...], pydantic.Field(min_length=1, max_length=100_000)]
    load_w: Annotated[tuple[pydantic.NonNegativeFloat, ...], pydantic.Field(min_length=1, max_length=100_000)]
    runs: pydantic.PositiveInt
    seconds: pydantic.PositiveFloat
    rails: tuple[str, ...]


class OperatorTime(Strict):
    """Time spent in one kind of operator in one inference, in ms, and its share of the whole in %."""

    operator: str
    calls: pydantic.PositiveInt
    ms: pydantic.NonNegativeFloat
    share: pydantic.NonNegativeFloat


class Watched(Strict):
    """What is known of the machine at every measurement on it.

    during:   once a second, from the first sample to the last; empty in measurements of agents before 1.1
    taken_at: ISO 8601 with the offset from UTC
    """

    format_version: Literal[1] = 1
    fingerprint: Fingerprint
    before: Conditions
    during: Annotated[tuple[Moment, ...], pydantic.Field(max_length=10_000)] = ()
    after: Conditions
    taken_at: str
    agent_version: str
    notes: tuple[str, ...] = ()

    @pydantic.field_validator("taken_at")
    @classmethod
    def _is_a_moment(cls, value: str) -> str:
        if datetime.fromisoformat(value).tzinfo is None:
            raise ValueError("taken_at must say its offset from UTC")
        return value

    @property
    def moment(self) -> datetime:
        """When it was taken, to be compared with others."""
        return datetime.fromisoformat(self.taken_at)

    def dump(self) -> dict[str, Any]:
        """The measurement as plain JSON values."""
        return self.model_dump(mode="json")


class OfFile(Watched):
    """What every measurement of one file on one device says of what was run."""

    model_sha256: str
    content_hash: str | None = None
    runtime: str
    runtime_version: str
    threads: pydantic.PositiveInt


class Taken(OfFile):
    """What measurements of time say of one file at one thread count on one device.

    sustained_ms: raw times of whole runs, back to back behind the other samples; empty where that was not asked for.
                  Of a decoder, of a token
    energy:       None where it was not asked for, or is not measurable
    """

    cold_load_ms: pydantic.NonNegativeFloat
    first_inference_ms: pydantic.NonNegativeFloat
    warmup_runs: pydantic.NonNegativeInt
    peak_rss_mb: pydantic.NonNegativeFloat
    sustained_ms: Samples = ()
    energy: Energy | None = None


class Measurement(Taken):
    """Latency and memory at one length.

    length: tokens in the input, padding included; `data` for the lengths of the user's own texts
    samples_ms: raw times of each part in the order taken; `total` is a text from string to label
    texts_sha256: of the texts that were run, set by the host; None for the golden cases or for made-up inputs
    """

    kind: Literal["latency"] = "latency"
    length: pydantic.PositiveInt | Literal["data"]
    samples_ms: dict[Literal["tokenize", "infer", "postprocess", "total"], Samples]
    operators: tuple[OperatorTime, ...] = ()
    texts_sha256: str | None = None


class GenerationMeasurement(Taken):
    """Speed and memory of a decoder at one length of the context.

    length:     tokens of the prompt, and before each token that was timed
    capacity:   tokens that the cache had room for
    samples_ms: raw times in the order taken. `first_token`: the whole prompt, from ids, and the choice of the next
                token; `token`: one token behind the prompt, and the choice of the next
    """

    kind: Literal["generation"] = "generation"
    length: pydantic.PositiveInt
    capacity: pydantic.PositiveInt
    samples_ms: dict[Literal["first_token", "token"], Annotated[Samples, pydantic.Field(min_length=1)]]

    @pydantic.field_validator("samples_ms")
    @classmethod
    def _has_both(cls, value: dict[str, Samples]) -> dict[str, Samples]:
        if set(value) != {"first_token", "token"}:
            raise ValueError("samples_ms must hold first_token and token")
        return value


class Count(Strict):
    """Instructions executed: all, and of them the dot products of integers and the fused multiply-adds."""

    total: pydantic.NonNegativeInt
    dot_product: pydantic.NonNegativeInt
    fma: pydantic.NonNegativeInt


class InstructionCounts(OfFile):
    """Instructions of single inferences with one thread, on an emulated device: blind to caches, never a time.

    length: as in `Measurement` and `GenerationMeasurement`
    counts: raw counts in the order taken. Of a file that classifies `infer`, the runtime's work on token ids; of a
            decoder `first_token` and `token`
    """

    kind: Literal["instructions"] = "instructions"
    length: pydantic.PositiveInt | Literal["data"]
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
