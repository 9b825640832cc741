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


class OperatorTime(Strict):
    """Time spent in one kind of operator in one inference, in ms, and its share of the whole in %."""

    operator: str
    calls: pydantic.PositiveInt
    ms: pydantic.NonNegativeFloat
    share: pydantic.NonNegativeFloat


class Taken(Strict):
    """What measurements of every kind say of one file at one thread count on one device.

    taken_at: ISO 8601 with the offset from UTC
    """

    format_version: Literal[1] = 1
    model_sha256: str
    content_hash: str | None = None
    runtime: str
    runtime_version: str
    threads: pydantic.PositiveInt
    cold_load_ms: pydantic.NonNegativeFloat
    first_inference_ms: pydantic.NonNegativeFloat
    warmup_runs: pydantic.NonNegativeInt
    peak_rss_mb: pydantic.NonNegativeFloat
    fingerprint: Fingerprint
    before: Conditions
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
