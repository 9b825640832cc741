"""What a person asks for, checked: the body of a request becomes a request to the worker."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from .http_error import Refused
from .limits import Limits

_STOPS, _STOP_CHARACTERS = 8, 200
_MAX_TOKENS = 256
_PROMPT = {"prompt", "max_tokens", "temperature", "top_k", "top_p", "seed", "stop", "stream"}
_MOST = 2**31 - 1


def texts_of(body: bytes, limits: Limits) -> tuple[list[list[str | None]], bool]:
    """The texts of `POST /classify` with their pairs, and whether there may be several. `Refused` for anything else.

    {"text": "...", "pair": "..."}, or {"texts": ["...", ["...", "its pair"]]}
    """
    asked = _object(body)
    _only(asked, {"texts"} if "texts" in asked else {"text", "pair"})
    if "texts" not in asked:
        return [
            [_text(asked, "text", limits), _text(asked, "pair", limits) if asked.get("pair") is not None else None]
        ], False
    texts = asked["texts"]
    if not isinstance(texts, list) or not 1 <= len(texts) <= limits.texts:
        _refuse(f"texts must be a list of 1 to {limits.texts} texts")
    return [_pair(entry, limits) for entry in texts], True


def prompt_of(body: bytes, limits: Limits) -> tuple[dict[str, Any], bool]:
    """What `POST /generate` asks of the worker, and whether the text is to come piece by piece. `Refused` as above.

    {"prompt": "...", "max_tokens": 256, "temperature": 0.8, "top_k": 40, "top_p": 0.9, "seed": 1, "stop": ["."],
    "stream": true}; all but the prompt may be left out
    """
    asked = _object(body)
    _only(asked, _PROMPT)
    stream = asked.get("stream", True)
    if not isinstance(stream, bool):
        _refuse("stream must be true or false")
    sampling = {
        "temperature": _number(asked, "temperature", 0.0),
        "top_k": _whole(asked, "top_k", 0),
        "top_p": _number(asked, "top_p", 1.0),
        "seed": _whole(asked, "seed", 0),
    }
    request = {"prompt": _text(asked, "prompt", limits), "sampling": sampling, "stop": _stops(asked.get("stop", []))}
    return {**request, "max_tokens": _whole(asked, "max_tokens", _MAX_TOKENS)}, stream


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body, parse_constant=_no_number)
    except RecursionError:
        _refuse("the body is nested too deeply")
    except ValueError as error:
        _refuse(f"the body is no JSON: {error}")
    if not isinstance(asked, dict):
        _refuse("the body must be a JSON object")
    return asked


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _only(asked: dict[str, Any], known: set[str]) -> None:
    for name in asked:
        if name not in known:
            _refuse(f"unknown field {name[:40]!r}; there are {', '.join(sorted(known))}")


def _text(asked: dict[str, Any], name: str, limits: Limits) -> str:
    return _checked(asked.get(name), name, limits)


def _checked(value: Any, name: str, limits: Limits) -> str:
    if not isinstance(value, str):
        _refuse(f"{name} must be a text")
    if len(value) > limits.text_characters:
        _refuse(f"{name} may have {limits.text_characters} characters, not {len(value)}")
    return value


def _pair(entry: Any, limits: Limits) -> list[str | None]:
    if not isinstance(entry, list):
        return [_checked(entry, "each of texts", limits), None]
    if len(entry) != 2:
        _refuse("each of texts must be a text, or a list of a text and its pair")
    return [_checked(text, "each of texts", limits) for text in entry]


def _stops(stops: Any) -> list[str]:
    if not isinstance(stops, list) or len(stops) > _STOPS:
        _refuse(f"stop must be a list of up to {_STOPS} texts")
    for stop in stops:
        if not isinstance(stop, str) or not 1 <= len(stop) <= _STOP_CHARACTERS:
            _refuse(f"each of stop must be a text of 1 to {_STOP_CHARACTERS} characters")
    return stops


def _whole(asked: dict[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    # by its exact type, as True counts as a whole number
    if type(value) is not int or not 0 <= value <= _MOST:
        _refuse(f"{name} must be a whole number from 0 to {_MOST}")
    return value


def _number(asked: dict[str, Any], name: str, default: float) -> float:
    value = asked.get(name, default)
    if type(value) not in (int, float) or not 0 <= value <= _MOST:
        _refuse(f"{name} must be a number from 0 on")
    return float(value)


def _refuse(message: str) -> NoReturn:
    raise Refused(400, message)
