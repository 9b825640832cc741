"""What `edgekit export` can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from edgekit.options.thresholds import parsed_thresholds
from edgekit.schema.base_model import Strict
from edgekit.schema.schemes import FormatName, Scheme


class ExportOptions(Strict):
    """Options of `edgekit export`."""

    target: Annotated[str, Field(description="A target's name, or the path of its YAML file.")] = "rpi4"
    format: Annotated[
        FormatName | Literal["all"], Field(description="onnx, tflite, or all: every format that the target reads.")
    ] = "all"
    scheme: Annotated[
        Scheme | Literal["auto"],
        Field(description="How weights are stored. auto: the checkpoint's own plan, else the target's default."),
    ] = "auto"
    calibrate: Annotated[
        Path | None,
        Field(
            description="A file with one text a line, as the model will read them: for the ranges of int8-static, and "
            "to round int4-weight by (GPTQ), which halves what 4 bits cost."
        ),
    ] = None
    threshold: Annotated[
        str | None,
        Field(
            description="From which score on a label of a multi-label model holds: 0.3, or of some labels "
            "toxic=0.3,threat=0.7. Default: 0.5."
        ),
    ] = None
    max_length: Annotated[
        int | None,
        Field(
            gt=2,
            description="Longest input in tokens; longer ones are cut. Default: the target's longest length. "
            "Of a decoder prompt and new tokens together. Default: 1024, or what the model takes.",
        ),
    ] = None

    @field_validator("threshold", mode="before")
    @classmethod
    def _number_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, float) else value

    @field_validator("threshold")
    @classmethod
    def _is_a_share(cls, value: str | None) -> str | None:
        parsed_thresholds(value)
        return value
