"""The base of every type that is read from outside: unknown keys are errors with a suggestion."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import pydantic
import yaml

from edgekit.spec.errors import NotFoundError, UsageError, unknown_name

# YAML is written by people; JSON may hold the raw samples of a measurement
YAML_MB, JSON_MB = 1, 100
# what anchors and aliases may unfold to; a page of them can stand for more values than any memory holds
MOST_VALUES = 100_000
# a value that does not fit its explicit YAML tag (`!!int ''`, `!!bool maybe`) trips PyYAML in any of these ways
NOT_VALID = (ValueError, yaml.YAMLError, RecursionError, LookupError, AttributeError, ArithmeticError, TypeError)


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
    def from_flags(cls, values: dict[str, Any]) -> Self:
        """Validate what came from the command line: as `parse`, but an error names the option."""
        try:
            return cls.model_validate(values)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            name, *more = first["loc"] or ("",)
            flag = f"--{name}".replace("_", "-") if name else ""
            raise UsageError(_sentence(first, " ".join((flag, *map(str, more))))) from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a YAML or JSON file, or raise `UsageError` naming the file and the place in it."""
        return cls.parse(read_mapping(path), str(path))


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON file; anything else, or a key given twice, is a `UsageError`."""
    json_file = path.suffix == ".json"
    text = _read(path, JSON_MB if json_file else YAML_MB)
    try:
        value = json.loads(text, object_pairs_hook=_once) if json_file else _yaml(text)
    except NOT_VALID as error:
        raise UsageError(f"{path} is not valid: {' '.join(str(error).split())}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} must hold a mapping of keys to values, not {type(value).__name__}")
    return value


def _read(path: Path, most_mb: int) -> str:
    """The text of a regular file: a pipe or a device may never end."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no regular file")
        with path.open("rb") as file:
            content = file.read(most_mb * 10**6 + 1)
        if len(content) > most_mb * 10**6:
            raise UsageError(f"{path} has more than {most_mb} MB")
        return content.decode()
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


class _Loader(yaml.SafeLoader):
    """YAML as JSON means it: a key once, no merging."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node, unless it says a key twice or merges others, which doubles with each level."""
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if any(tag == "tag:yaml.org,2002:merge" for tag, _ in keys):
            raise ValueError("it merges mappings (<<), which edgekit does not read")
        _once((key, None) for key in keys)
        return super().construct_mapping(node, deep)


def _yaml(text: str) -> Any:
    value = yaml.load(text, _Loader)  # noqa: S506  a safe loader
    left, seen = [value], 0
    while left:
        seen += 1
        if seen > MOST_VALUES:
            raise ValueError(f"its anchors unfold to more than {MOST_VALUES:,} values")
        node = left.pop()
        left += node.values() if isinstance(node, dict) else node if isinstance(node, (list, tuple, set)) else ()
    return value


def _once(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """The pairs as a mapping; `ValueError` for a key that comes twice, of which one would be lost unseen."""
    found: dict[Any, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[1] if isinstance(key, tuple) else key!r} is given twice")
        found[key] = value
    return found


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
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        meant = unknown_name("key", key, _known_keys(model, first["loc"][:-1]))
        return UsageError(f"{where}: unknown key {place!r}", advice=meant.advice)
    return UsageError(f"{where}: {_sentence(first, place)}")


def _sentence(fault: Any, place: str) -> str:
    """One of pydantic's complaints about a value in our words; those it has no words for stay as they are."""
    said = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{place} is missing"
    known = _DEMANDS.get(fault["type"])
    if known is None:
        return f"{place}: {said}" if place else str(said)
    limits = {name: _plain(limit) for name, limit in fault.get("ctx", {}).items()}
    return f"{place or 'it'} must {known.format(**limits)} ({_shown(fault['input'])} was given)"


def _plain(limit: Any) -> Any:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


# what each of pydantic's types of error asks for
_DEMANDS = {
    "greater_than": "be greater than {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be less than {lt}",
    "less_than_equal": "be at most {le}",
    "multiple_of": "be a multiple of {multiple_of}",
    "finite_number": "be a finite number",
    "literal_error": "be {expected}",
    "string_pattern_mismatch": "match {pattern}",
    "string_too_short": "have at least {min_length} characters",
    "string_too_long": "have at most {max_length} characters",
    "too_short": "have at least {min_length} values",
    "too_long": "have at most {max_length} values",
} | {
    f"{kind}_{fault}": f"be {wanted}"
    for kind, wanted in (
        ("int", "a whole number"),
        ("float", "a number"),
        ("bool", "true or false"),
        ("string", "text"),
        ("dict", "a mapping"),
        ("list", "a list"),
        ("tuple", "a list"),
        ("model", "a mapping"),
    )
    for fault in ("type", "parsing", "parsing_size", "from_float")
}
# characters of a value that an error quotes
_QUOTED = 60


def _known_keys(model: type[Strict], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a location, found by walking the schema as far as the types are plain."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in loc:
        node = _resolve(schema, node)
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            named = node.get("properties", {}).get(part) or node.get("additionalProperties")
            # a mapping whose keys have a pattern
            node = named or next(iter(node.get("patternProperties", {}).values()), node)
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
