"""What a runtime's own benchmark program says of a model: its summaries, run after run of the program."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

import pydantic

from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Count1, Flag, MonitoredRecord, NonNegative, Number

ToolName = Literal["benchmark_model", "onnxruntime_perf_test"]
_MASK = re.compile(r"(0x)?[0-9a-fA-F]{1,16}")


def mask(value: str) -> str:
    """A mask of cores in hexadecimal, as taskset takes it; `ValueError` for anything else."""
    if not _MASK.fullmatch(value) or not int(value, 16):
        raise ValueError(f"{value!r} is no mask of cores in hexadecimal, as f0 for the cores 4 to 7")
    return value.lower().removeprefix("0x")


Mask = Annotated[str, pydantic.AfterValidator(mask)]


class Battery(Strict):
    """A phone's battery: its charge in %, its temperature, and whether it is being charged."""

    level_pct: Annotated[float, pydantic.Field(strict=True, ge=0, le=100)] | None = None
    temperature_c: Number | None = None
    charging: Flag | None = None


class Invocation(Strict):
    """What one run of the program says; times in ms, None where it does not tell.

    load_ms:  until the model was loaded
    first_ms: the first inference
    peak_mb:  the most memory of the program, or what it took above its start
    """

    runs: Count1
    mean_ms: NonNegative
    min_ms: NonNegative | None = None
    max_ms: NonNegative | None = None
    p50_ms: NonNegative | None = None
    p95_ms: NonNegative | None = None
    load_ms: NonNegative | None = None
    first_ms: NonNegative | None = None
    peak_mb: NonNegative | None = None

    @pydantic.model_validator(mode="after")
    def _is_in_order(self) -> Self:
        known = [value for value in (self.min_ms, self.p50_ms, self.p95_ms, self.max_ms) if value is not None]
        if known != sorted(known):
            raise ValueError("min_ms, p50_ms, p95_ms and max_ms are not in order")
        return self


class ToolMeasurement(MonitoredRecord):
    """A model run by a benchmark program, the model alone: no text, no tokenizer, inputs made up.

    tool_sha256: of the program, None where the device has no sha256sum
    affinity:    the cores that it was bound to, as a hexadecimal mask
    `throttled` before and after is what Android's thermal service says.
    """

    kind: Literal["tool"] = "tool"
    tool: ToolName
    tool_sha256: str | None = None
    model_sha256: str
    content_hash: str | None = None
    threads: Count1
    length: Count1
    affinity: Mask | None = None
    invocations: Annotated[tuple[Invocation, ...], pydantic.Field(min_length=1, max_length=1000)]
    battery_before: Battery = Battery()
    battery_after: Battery = Battery()
