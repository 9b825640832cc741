"""The body of a request, checked: JSON, known fields, texts and numbers within the limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from edgekit.agent.json_object import JsonObject

from .http_error import HttpError
from .limits import Limits

_MOST = 2**31 - 1
# a body is seen through in a millisecond, but made of nothing except brackets or numbers it takes 30 to read
_PARTS, _PARTS_OF_A_TEXT = 1000, 16
# one without an end as well, which is for the reader of JSON to refuse
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
# older Pythons take seconds for a number of 100,000
_DIGITS = 40
_JSON, _UTF_8, _SHOWN = "application/json", ("utf-8", "utf8"), 40
_TOO_MANY = "the body is nested too deeply, or has more parts than a request may have"


def check_kind(headers: Mapping[str, str]) -> None:
    """Raise `HttpError` for a body that its head calls anything but plain JSON in UTF-8."""
    kind, *parameters = headers.get("content-type", "").split(";")
    # no page of another origin can send this without asking first, which is never allowed here
    if kind.strip().lower() != _JSON:
        raise HttpError(415, f"the body must be JSON, and be called so: Content-Type: {_JSON}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' \t"').lower() not in _UTF_8:
            raise HttpError(415, f"the body must be JSON in UTF-8, and its charset is {value.strip()[:_SHOWN]}")
    codings = headers.get("content-encoding", "").split(",")
    if coding := next((each.strip() for each in codings if each.strip().lower() not in ("", "identity")), None):
        raise HttpError(
            415, f"the body must be JSON as it is, and it comes in {coding[:_SHOWN]}: send it uncompressed"
        )


def json_object(body: bytes, limits: Limits) -> JsonObject:
    """The JSON object in a body; `HttpError` for anything else, and for more parts than any request has."""
    try:
        # as `json.loads` does for bytes
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        if _has_more_parts(text, _PARTS + _PARTS_OF_A_TEXT * limits.texts):
            refuse(_TOO_MANY)
        fields = json.loads(text, parse_constant=_no_number, parse_int=_short_number, object_pairs_hook=_names_once)
    except RecursionError:
        refuse(_TOO_MANY)
    except ValueError as error:
        refuse(f"the body is no JSON: {error}")
    if not isinstance(fields, dict):
        refuse("the body must be a JSON object")
    return fields


def _has_more_parts(text: str, most: int) -> bool:
    """Whether there are more strings, brackets and commas outside of strings than `most`."""
    parts = re.match(rf'[^"\[{{,]*(?:(?:{_STRING}|[\[{{,])[^"\[{{,]*){{0,{most}}}', text, re.DOTALL)
    return parts is None or parts.end() < len(text)


def _names_once(pairs: list[tuple[str, object]]) -> JsonObject:
    """An object, each of whose names comes once: which of two counts is nowhere said (RFC 8259, 4)."""
    fields: JsonObject = {}
    for name, value in pairs:
        if name in fields:
            refuse(f"the body has {name[:_SHOWN]!r} twice in one object, and nobody knows which counts")
        fields[name] = value
    return fields


def _short_number(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def only_fields(fields: JsonObject, known: set[str]) -> None:
    """Raise `HttpError` for a field that is not known."""
    for name in fields:
        if name not in known:
            refuse(f"unknown field {name[:_SHOWN]!r}; there are {', '.join(sorted(known))}")


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
