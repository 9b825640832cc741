"""Two models measured interleaved on one device: raw samples, block by block."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Count1, MonitoredRecord, NonNegative

BlockSamples = Annotated[tuple[NonNegative, ...], pydantic.Field(min_length=1, max_length=10_000)]


class Side(Strict):
    """One of the two models, as in a measurement of it alone."""

    model_sha256: str
    content_hash: str | None = None
    runtime: str
    runtime_version: str
    length: Count1 | Literal["data"]


class InterleavedBlock(Strict):
    """As many runs of the one and of the other, one right after the other; raw times in ms of whole runs.

    Of a decoder a run is a token behind the prompt.
    """

    ours_ms: BlockSamples
    theirs_ms: BlockSamples

    @pydantic.model_validator(mode="after")
    def _is_paired(self) -> InterleavedBlock:
        if len(self.ours_ms) != len(self.theirs_ms):
            raise ValueError(f"{len(self.ours_ms)} runs of the one and {len(self.theirs_ms)} of the other")
        return self


class Interleaved(MonitoredRecord):
    """The runs of two models interleaved, every block of the same size.

    processes: how many of the blocks each process ran, in their order; the `runs` of moments count blocks
    """

    kind: Literal["interleaved"] = "interleaved"
    threads: Count1
    ours: Side
    theirs: Side
    blocks: Annotated[tuple[InterleavedBlock, ...], pydantic.Field(min_length=2, max_length=20_000)]
    processes: Annotated[tuple[Count1, ...], pydantic.Field(min_length=1, max_length=1000)]

    @pydantic.model_validator(mode="after")
    def _is_whole(self) -> Interleaved:
        if sum(self.processes) != len(self.blocks):
            raise ValueError(f"{len(self.blocks)} blocks, and the processes ran {sum(self.processes)}")
        return self

    @pydantic.field_validator("blocks")
    @classmethod
    def _is_even(cls, value: tuple[InterleavedBlock, ...]) -> tuple[InterleavedBlock, ...]:
        if len({len(block.ours_ms) for block in value}) > 1:
            raise ValueError("the blocks differ in size")
        return value
