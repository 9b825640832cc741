"""A budget: a limit on one metric, with the conditions under which it holds.

What a metric is, which conditions it takes and which limits make sense for it is in `measure.metrics`, which every
budget passes before it is judged.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

import pydantic

from edgekit.errors import UsageError, quoted
from edgekit.schema.base_model import PLAIN_DECIMAL, Strict, Unplain
from edgekit.schema.schemes import FormatName

_WHOLE = re.compile(r"[1-9][0-9]{0,8}|0")


def _plain_decimal(value: object) -> object:
    """A number as it is, or text that writes one as a plain decimal; `ValueError` else."""
    if isinstance(value, (int, float)) and not isinstance(value, (bool, Unplain)):
        return value
    if isinstance(value, str) and PLAIN_DECIMAL.fullmatch(value.strip()):
        return float(value)
    given = quoted(float(value) if isinstance(value, Unplain) else value)
    raise ValueError(f"must be a plain decimal number, as 30 or 0.5 ({given} was given)")


def _whole(value: object) -> object:
    """A whole number as it is, or text that writes one plainly; `ValueError` else."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    raise ValueError(f"must be a whole number ({quoted(value)} was given)")


def _yes_or_no(value: object) -> object:
    """true or false, as YAML and JSON have them, or as these words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"must be true or false ({quoted(value)} was given)")


def _length(value: object) -> object:
    """As `_whole`, or `data`."""
    return "data" if isinstance(value, str) and value.strip() == "data" else _whole(value)


Limit = Annotated[pydantic.FiniteFloat, pydantic.BeforeValidator(_plain_decimal)]
Length = Annotated[pydantic.PositiveInt | Literal["data"] | None, pydantic.BeforeValidator(_length)]
Threads = Annotated[pydantic.PositiveInt | None, pydantic.BeforeValidator(_whole)]


class Budget(Strict):
    """A limit on one metric, and the conditions under which it holds.

    `data` names the data set whose test rows accuracy is taken on; `NAME/SPLIT` names rows of another split. Of a
    language model it names the text. `length` is that of the input or, of a decoder, of the prompt and the context;
    `data` for the lengths of the user's own texts. `label` names the class of a figure on one class.
    `gate: false` shows the verdict without letting it decide the exit code.
    """

    metric: str
    limit: Limit
    target: str | None = None
    length: Length = None
    threads: Threads = None
    baseline: str | None = None
    data: str | None = None
    label: str | None = None
    format: FormatName | None = None
    gate: Annotated[bool, pydantic.BeforeValidator(_yes_or_no)] = True

    @property
    def conditions(self) -> dict[str, object]:
        """The conditions that it gives, by their names."""
        return self.model_dump(exclude={"metric", "limit", "gate"}, exclude_none=True)

    @property
    def text(self) -> str:
        """The budget as it is typed: `metric=limit,condition=value`."""
        pairs = {self.metric: f"{self.limit:.10g}", **self.conditions}
        return ",".join(f"{key}={value}" for key, value in pairs.items())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `metric=limit[,condition=value...]`, as in `latency_p95_ms=30,length=128,threads=2`.

        Raises `UsageError` for what is not of that form.
        """
        fields: dict[str, Any] = {}
        where = f"budget {quoted(text)}"
        for position, part in enumerate(text.split(",")):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not key or not value:
                raise UsageError(f"{where}: {quoted(part)} is not key=value", advice="as in size_mb=10,target=rpi4")
            if position == 0:
                fields |= {"metric": key, "limit": value}
            elif key in fields:
                raise UsageError(f"{where}: {quoted(key)} is given twice")
            else:
                fields[key] = value
        return cls.parse(fields, where)
