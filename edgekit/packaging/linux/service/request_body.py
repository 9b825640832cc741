"""The body of a request, checked: JSON, known fields, texts and numbers within the limits."""

from __future__ import annotations

import json
from typing import NoReturn

from edgekit.agent.json_object import JsonObject

from .http_error import HttpError
from .limits import Limits

_MOST = 2**31 - 1


def json_object(body: bytes) -> JsonObject:
    """The JSON object in a body; `HttpError` for anything else."""
    try:
        fields = json.loads(body, parse_constant=_no_number)
    except RecursionError:
        refuse("the body is nested too deeply")
    except ValueError as error:
        refuse(f"the body is no JSON: {error}")
    if not isinstance(fields, dict):
        refuse("the body must be a JSON object")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def only_fields(fields: JsonObject, known: set[str]) -> None:
    """Raise `HttpError` for a field that is not known."""
    for name in fields:
        if name not in known:
            refuse(f"unknown field {name[:40]!r}; there are {', '.join(sorted(known))}")


def text_field(fields: JsonObject, name: str, limits: Limits) -> str:
    """A field that is a text; `HttpError` for one that is none or too long."""
    return checked_text(fields.get(name), name, limits)


def checked_text(value: object, name: str, limits: Limits) -> str:
    """A text that is not too long; `HttpError` for anything else."""
    if not isinstance(value, str):
        refuse(f"{name} must be a text")
    if len(value) > limits.text_characters:
        refuse(f"{name} may have {limits.text_characters} characters, not {len(value)}")
    return value


def whole_field(fields: JsonObject, name: str, default: int) -> int:
    """A field that is a whole number from 0 on; `HttpError` for anything else."""
    value = fields.get(name, default)
    # by its exact type, as True counts as a whole number
    if type(value) is not int or not 0 <= value <= _MOST:
        refuse(f"{name} must be a whole number from 0 to {_MOST}")
    return value


def number_field(fields: JsonObject, name: str, default: float) -> float:
    """A field that is a number from 0 on; `HttpError` for anything else."""
    value = fields.get(name, default)
    if type(value) not in (int, float) or not 0 <= value <= _MOST:
        refuse(f"{name} must be a number from 0 on")
    return float(value)


def refuse(message: str) -> NoReturn:
    """Raise the `HttpError` of a request that is wrong."""
    raise HttpError(400, message)
