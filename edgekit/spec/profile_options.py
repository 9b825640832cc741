"""What `edgekit profile` can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

import pydantic
from pydantic import Field

from edgekit.spec.schemes import RuntimeName
from edgekit.spec.stage_options import Threads
from edgekit.spec.strict import Strict


class ProfileOptions(Strict):
    """Options of `edgekit profile`. Every thread count is measured at every length."""

    device: Annotated[str, Field(description="Where to measure: local.")] = "local"
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
    min_seconds: Annotated[float, Field(ge=0, le=3600, description="Shortest time to measure for.")] = 2.0
    min_runs: Annotated[int, Field(ge=1, le=1_000_000, description="Fewest runs to measure.")] = 50
    max_runs: Annotated[int, Field(ge=1, le=1_000_000, description="Most runs to measure.")] = 10_000
    warmup: Annotated[
        int | None, Field(ge=0, description="Runs before the first sample. Default: until times are steady.")
    ] = None
    per_op: Annotated[bool, Field(description="Also tell the time by kind of operator (ONNX).")] = False
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
