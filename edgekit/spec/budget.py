"""A budget: a limit on one metric, with the conditions under which it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import pydantic

from edgekit.spec.errors import UsageError, unknown_name
from edgekit.spec.strict import Strict


@dataclass(frozen=True)
class Metric:
    """What a budget may limit: its unit, which side is good, and whether only a device can tell."""

    unit: str
    better: Literal["lower", "higher"]
    on_device: bool
    title: str


METRICS: dict[str, Metric] = {
    "size_mb": Metric("MB", "lower", False, "size"),
    "latency_p50_ms": Metric("ms", "lower", True, "latency p50"),
    "latency_p95_ms": Metric("ms", "lower", True, "latency p95"),
    "peak_memory_mb": Metric("MB", "lower", True, "peak memory"),
    "tokens_per_s": Metric("1/s", "higher", True, "tokens per second"),
    "first_token_ms": Metric("ms", "lower", True, "first token"),
    "energy_mj": Metric("mJ", "lower", True, "energy"),
    # of one inference, or of a decoder's token: a sign of regressions, never a time
    "instructions_m": Metric("M", "lower", True, "instructions"),
    "accuracy_drop": Metric("points", "lower", False, "accuracy drop"),
    "min_accuracy": Metric("%", "higher", False, "accuracy"),
    "perplexity_increase_pct": Metric("%", "lower", False, "perplexity increase"),
}


class Budget(Strict):
    """A limit on one metric, and the conditions under which it holds.

    `data` names the data set whose test rows accuracy is taken on; `NAME/SPLIT` names rows of another split. Of a
    language model it names the text. `length` is that of the input or, of a decoder, of the prompt and the context.
    `gate: false` shows the verdict without letting it decide the exit code.
    """

    metric: str
    limit: pydantic.FiniteFloat
    target: str | None = None
    length: pydantic.PositiveInt | Literal["data"] | None = None
    threads: pydantic.PositiveInt | None = None
    baseline: str | None = None
    data: str | None = None
    format: Literal["onnx", "tflite"] | None = None
    gate: bool = True

    @pydantic.field_validator("metric")
    @classmethod
    def _known_metric(cls, value: str) -> str:
        if value not in METRICS:
            error = unknown_name("metric", value, METRICS)
            raise ValueError(f"{error.message}; {error.advice}")
        return value

    @pydantic.field_validator("limit", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(f"{value} is no number")
        return value

    @pydantic.model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        # a model can be better than its baseline; nothing else that is measured falls below 0
        if self.limit < 0 and self.metric not in ("accuracy_drop", "perplexity_increase_pct"):
            raise ValueError(f"limit: {self.metric} is never below 0, so it cannot be limited to {self.limit:g}")
        return self

    @property
    def kind(self) -> Metric:
        """The metric's unit and direction."""
        return METRICS[self.metric]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `metric=limit[,condition=value...]`, as in `latency_p95_ms=30,length=128,threads=2`."""
        fields: dict[str, Any] = {}
        for position, part in enumerate(text.split(",")):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not key or not value:
                raise UsageError(f"budget {text!r}: {part!r} is not key=value", advice="as in size_mb=10,target=rpi4")
            if position == 0:
                fields |= {"metric": key, "limit": value}
            elif key in fields:
                raise UsageError(f"budget {text!r}: {key!r} is given twice")
            else:
                fields[key] = value
        return cls.parse(fields, f"budget {text!r}")
