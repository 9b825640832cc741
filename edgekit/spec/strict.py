"""The base of every type that is read from outside: unknown keys are errors with a suggestion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import pydantic
import yaml

from edgekit.spec.errors import NotFoundError, UsageError, unknown_name

# a value that does not fit its explicit YAML tag (`!!int ''`, `!!bool maybe`) trips PyYAML in any of these ways
_NOT_VALID = (ValueError, yaml.YAMLError, RecursionError, LookupError, AttributeError, ArithmeticError, TypeError)


class Strict(pydantic.BaseModel):
    """An immutable, validated value that refuses keys it does not know."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, value: Any, where: str) -> Self:
        """Validate `value`, or raise `UsageError` that says where it is wrong and what was meant."""
        try:
            return cls.model_validate(value)
        except pydantic.ValidationError as error:
            raise _explain(cls, error, where) from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a YAML or JSON file, or raise `UsageError` naming the file and the place in it."""
        return cls.parse(read_mapping(path), str(path))


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON file; anything else is a `UsageError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    try:
        value = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except _NOT_VALID as error:
        raise UsageError(f"{path} is not valid: {' '.join(str(error).split())}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} must hold a mapping of keys to values, not {type(value).__name__}")
    return value


def key_values(text: str, example: str) -> dict[str, str]:
    """The pairs in `key=value,key=value`; `UsageError` for anything else, or for a key given twice."""
    pairs: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            raise UsageError(f"{text!r}: {part!r} is not key=value", advice=f"as in {example}")
        if key in pairs:
            raise UsageError(f"{text!r}: {key} is given twice")
        pairs[key] = value
    return pairs


def _explain(model: type[Strict], error: pydantic.ValidationError, where: str) -> UsageError:
    """Turn pydantic's first complaint into one sentence, with "did you mean" for an unknown key."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the top level"
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        meant = unknown_name("key", key, _known_keys(model, first["loc"][:-1]))
        return UsageError(f"{where}: unknown key {place!r}", advice=meant.advice)
    return UsageError(f"{where}: {place}: {first['msg'].removeprefix('Value error, ')}")


def _known_keys(model: type[Strict], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a location, found by walking the schema as far as the types are plain."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in loc:
        node = _resolve(schema, node)
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or node.get("additionalProperties") or node
    return list(_resolve(schema, node).get("properties", {}))


def _resolve(schema: dict[str, Any], node: Any) -> dict[str, Any]:
    """Follow `$ref`, and the first object alternative of `anyOf`."""
    if not isinstance(node, dict):
        return {}
    for alternative in node.get("anyOf", ()):
        if "$ref" in alternative:
            return _resolve(schema, alternative)
    if "$ref" in node:
        return _resolve(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    return node
