"""Any result of ours as plain JSON values: dataclasses become objects, and a bound that there is not becomes null."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from typing import Union

JsonValue = Union[str, int, float, bool, None, "list[JsonValue]", "dict[str, JsonValue]"]


def json_value(value: object, *, leave_out: Collection[str] = ()) -> JsonValue:
    """The value made of objects, lists, text, numbers, booleans and null; anything else as its text.

    leave_out: fields of dataclasses that are not shown, at any depth
    """
    if isinstance(value, float):
        # JSON has no infinity; an interval without a bound has none to tell
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = (field.name for field in dataclasses.fields(value) if field.name not in leave_out)
        return {name: json_value(getattr(value, name), leave_out=leave_out) for name in shown}
    if isinstance(value, Mapping):
        return {str(key): json_value(entry, leave_out=leave_out) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(entry, leave_out=leave_out) for entry in value]
    if hasattr(value, "model_dump"):
        dumped: JsonValue = value.model_dump(mode="json")
        return dumped
    return str(value)
