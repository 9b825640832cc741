"""What `edgekit profile` can be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

import pydantic
from pydantic import Field

from edgekit.options.stage_options import Threads
from edgekit.schema.base_model import Strict
from edgekit.schema.schemes import RuntimeName

_DURATION = re.compile(r"(\d+(?:\.\d+)?) *(s|m|min)?")
COOL_DOWN_SECONDS = 300.0
_USUAL_SECONDS = 2.0
# each sends up to 900 moments, and a record holds 10,000
MOST_PROCESSES = 10


def _seconds(value: object) -> object:
    """`60s` and `2m` as seconds; what is no text is left to the type."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"{value!r} is no time, as 60s or 2m")
    return float(found[1]) * (60 if (found[2] or "s").startswith("m") else 1)


def _named(value: object) -> object:
    """One device may be said as plain text."""
    return (value,) if isinstance(value, str) else value


Seconds = Annotated[float, pydantic.BeforeValidator(_seconds)]


class ProfileOptions(Strict):
    """Options of `edgekit profile`. Every thread count is measured at every length."""

    device: Annotated[
        tuple[str, ...],
        pydantic.BeforeValidator(_named),
        Field(
            min_length=1,
            description="Where to measure: a device's name or URL. Given again: several at once; `all`: every device "
            "that has a name. Default: local.",
        ),
    ] = ("local",)
    threads: Annotated[
        tuple[Threads, ...],
        Field(min_length=1, description="Threads of the runtime; several are measured one after the other."),
    ] = (1,)
    length: Annotated[
        tuple[pydantic.PositiveInt, ...],
        Field(description="Tokens of every input, padding included. Default: the texts' own lengths."),
    ] = ()
    data: Annotated[
        Path | None,
        Field(description="Texts to run: .txt with one a line, or a table. Default: the golden cases."),
    ] = None
    processes: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_PROCESSES,
            description="Fresh processes that share the runs, as cold caches and the layout of memory differ from one "
            "to the next.",
        ),
    ] = 3
    min_seconds: Annotated[
        float | None,
        Field(
            ge=0,
            le=3600,
            description="Shortest time to measure for, all processes together. Default: 2, and 10 where that leaves "
            "p95 unknown.",
        ),
    ] = None
    min_runs: Annotated[
        int, Field(ge=1, le=1_000_000, description="Fewest runs to measure, all processes together.")
    ] = 200
    max_runs: Annotated[
        int, Field(ge=1, le=1_000_000, description="Most runs to measure, all processes together.")
    ] = 100_000
    warmup: Annotated[
        int | None, Field(ge=0, description="Runs before the first sample. Default: until times are steady.")
    ] = None
    sustained: Annotated[
        Seconds | None,
        Field(gt=0, le=86_400, description="Then run back to back for so long, as 60s: what is left of the speed."),
    ] = None
    cool_down: Annotated[
        Seconds | None,
        Field(
            gt=0,
            le=3600,
            description="Between measurements wait, at most so long, until the device is about as cool as at first.",
        ),
    ] = None
    energy: Annotated[
        bool, Field(description="Also measure the energy of a run, where the device can: a Raspberry Pi 5.")
    ] = False
    per_op: Annotated[bool, Field(description="Also measure the time by kind of operator (ONNX).")] = False
    runtime: Annotated[RuntimeName | None, Field(description="Runtime to use. Default: the first that is there.")] = (
        None
    )
    python: Annotated[
        str | None, Field(description="Python on the device, as of an environment with tflite-runtime.")
    ] = None

    @pydantic.model_validator(mode="after")
    def _runs_in_order(self) -> Self:
        if self.max_runs < self.min_runs:
            raise ValueError(f"max_runs ({self.max_runs}) is below min_runs ({self.min_runs})")
        return self

    @property
    def seconds(self) -> float:
        """The shortest time to measure for."""
        return _USUAL_SECONDS if self.min_seconds is None else self.min_seconds

    @property
    def shares(self) -> range:
        """The processes that take a share of the runs, counted from 0: no more than there are runs."""
        return range(min(self.processes, self.max_runs))
