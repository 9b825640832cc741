"""What the stages without training can be told: quantize and evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from edgekit.schema.base_model import Strict
from edgekit.schema.schemes import Scheme

SplitName = Literal["train", "validation", "test"]
# a runtime starts as many as it is told to, until the machine stands still
Threads = Annotated[int, Field(gt=0, le=1024)]


class QuantizeOptions(Strict):
    """Options of `edgekit quantize`."""

    target: Annotated[str, Field(description="The target whose default scheme `auto` takes.")] = "rpi4"
    scheme: Annotated[Scheme | Literal["auto"], Field(description="How weights are stored.")] = "auto"
    calibrate: Annotated[
        Path | None,
        Field(
            description="A file with one text a line, as the model will read them: for the ranges of int8-static, and "
            "to round int4-weight by (GPTQ), which halves what 4 bits cost."
        ),
    ] = None


class EvaluateOptions(Strict):
    """Options of `edgekit evaluate`."""

    split: Annotated[SplitName, Field(description="Rows to evaluate on.")] = "test"
    max_length: Annotated[
        int,
        Field(
            gt=1,
            description="Longest input of a checkpoint in tokens; a bundle has its own. "
            "Default: 128, beside a bundle the bundle's; for a language model its own, at most 2048.",
        ),
    ] = 128
    stride: Annotated[
        int | None,
        Field(gt=0, description="Tokens that each window of a language model moves on. Default: the whole window."),
    ] = None
    threads: Annotated[Threads, Field(description="Threads of the runtime that runs a bundle.")] = 2
    runtime: Annotated[str | None, Field(description="Runtime of a bundle. Default: the first that is there.")] = None

    def cut_at(self, length: int) -> Self:
        """These options with checkpoints cut at so many tokens, unless they say a length themselves."""
        return self if "max_length" in self.model_fields_set else self.model_copy(update={"max_length": length})
