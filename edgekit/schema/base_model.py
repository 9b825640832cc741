"""The base of every type that is read from outside: unknown keys are errors with a suggestion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import pydantic
import yaml

from edgekit.errors import NotFoundError, UsageError, quoted, unknown_name

# YAML is written by people; JSON may hold the raw samples of a measurement
YAML_MB, JSON_MB = 1, 100
# what anchors and aliases may unfold to; a page of them can stand for more values than any memory holds
MOST_VALUES = 100_000
# what a file may hold in the place of a mapping
_KINDS = {list: "a list", str: "text", int: "a number", float: "a number", bool: "a yes or no", type(None): "nothing"}
# YAML 1.1 reads 010 as eight, 1:30 as ninety and 1_000 as a thousand: nobody who writes them means that for sure
_PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17}|[0-9]{1,18}\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
PLAIN_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?")
# a value that does not fit its explicit YAML tag (`!!int ''`, `!!bool maybe`) trips PyYAML in any of these ways
NOT_VALID = (ValueError, yaml.YAMLError, RecursionError, LookupError, AttributeError, ArithmeticError, TypeError)


class NotPlain(ValueError):
    """A number that is not written as a plain decimal."""


class Unplain(float):
    """A number that was written with an exponent, a sign `+`, or nothing before or behind its point."""


class Strict(pydantic.BaseModel):
    """An immutable, validated value that refuses keys it does not know."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Validate `value`, or raise `UsageError` that says where it is wrong and what was meant."""
        try:
            return cls.model_validate(value)
        except pydantic.ValidationError as error:
            raise _explain(cls, error, where, value) from None

    @classmethod
    def from_flags(cls, values: dict[str, Any]) -> Self:
        """Validate what came from the command line: as `parse`, but the `UsageError` names the option."""
        try:
            return cls.model_validate(values)
        except pydantic.ValidationError as error:
            faults = error.errors(include_url=False)
            name, *more = _place(faults[0], values) or ("",)
            flag = f"--{name}".replace("_", "-") if name else ""
            alike = [fault for fault in faults if _place(fault, values) == _place(faults[0], values)]
            raise UsageError(_sentence_of_all(alike, " ".join((flag, *map(str, more))))) from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a YAML or JSON file, or raise `UsageError` naming the file and the place in it."""
        return cls.parse(read_mapping(path), str(path))


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON file; anything else, or a key given twice, is a `UsageError`."""
    json_file = path.suffix == ".json"
    text = _read(path, JSON_MB if json_file else YAML_MB)
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=_number) if json_file else yaml_value(text)
    except NOT_VALID as error:
        reason = "a number has too many digits" if "int_max_str_digits" in str(error) else str(error)
        raise UsageError(f"{path} is not valid: {' '.join(reason.split())}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} must hold a mapping of keys to values, not {_KINDS.get(type(value), 'a value')}")
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

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """The number of a node; `NotPlain` for one that YAML reads otherwise than it looks."""
        written = str(node.value)
        if not _PLAIN_NUMBER.fullmatch(written):
            line = node.start_mark.line + 1
            raise NotPlain(f"line {line}: {quoted(written)} is no plain decimal number: write it as 90 or 0.5")
        return _number(written) if set(written) & set(".eE+") else int(written)


def _number(written: str) -> float:
    """A number with its notation, which matters where people must not misread it."""
    return float(written) if PLAIN_DECIMAL.fullmatch(written) else Unplain(written)


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)


def yaml_value(text: str) -> object:
    """The plain value that a YAML text holds; raises one of `NOT_VALID`, a `ValueError` for too many values."""
    value = yaml.load(text, _Loader)  # noqa: S506  a safe loader
    left, seen = [value], 0
    while left:
        seen += 1
        if seen > MOST_VALUES:
            raise ValueError(f"its anchors unfold to more than {MOST_VALUES:,} values")
        node = left.pop()
        left += node.values() if isinstance(node, dict) else node if isinstance(node, (list, tuple, set)) else ()
    return value


def _once(pairs: Iterable[tuple[object, object]]) -> dict[object, object]:
    """The pairs as a mapping; `ValueError` for a key that comes twice, of which one would be lost unseen."""
    found: dict[object, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {quoted(key[1] if isinstance(key, tuple) else key)} is given twice")
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


def _explain(model: type[Strict], error: pydantic.ValidationError, where: str, value: object) -> UsageError:
    """Turn pydantic's first complaint into one sentence, with "did you mean" for an unknown key."""
    faults = error.errors(include_url=False)
    place = _place(faults[0], value)
    if place and (line := _line_of(where, place)):
        where = f"{where}:{line}"
    named = ".".join(map(str, place))
    alike = [fault for fault in faults if _place(fault, value) == place]
    if all(fault["type"] == "extra_forbidden" for fault in alike):
        meant = unknown_name("key", str(place[-1]), _known_keys(model, alike[0]["loc"][:-1]))
        return UsageError(f"{where}: unknown key {quoted(named)}", advice=meant.advice)
    return UsageError(f"{where}: {_sentence_of_all(alike, named)}")


def _place(fault: Any, value: Any) -> tuple[int | str, ...]:
    """Where in the value a fault is: pydantic also names the alternative of a union that it tried."""
    place: list[int | str] = []
    *parents, last = fault["loc"] or ("",)
    for part in parents:
        if (isinstance(value, dict) and part in value) or (isinstance(value, (list, tuple)) and isinstance(part, int)):
            place.append(part)
            value = value[part]
    absent = fault["type"] in ("missing", "extra_forbidden")
    if absent or (isinstance(value, dict) and last in value) or isinstance(last, int):
        place.append(last)
    return tuple(place)


def _line_of(where: str, place: Sequence[int | str]) -> int | None:
    """The line of a YAML file on which a place stands; None where it is no such file, or has no such place."""
    path = Path(where)
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return None
    node: Any = yaml.compose(_read(path, YAML_MB), _Loader)
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [entry for key, entry in node.value if key.value == str(part)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = node.value[part : part + 1]
        else:
            found = []
        if not found:
            break
        node = found[0]
    return None if node is None else int(node.start_mark.line) + 1


def _sentence_of_all(faults: Sequence[Any], place: str) -> str:
    """What the alternatives of a union ask for, each one once."""
    demands = [_demand(fault) for fault in faults if fault["type"] in _DEMANDS]
    if len(demands) < 2 or len(demands) < len(faults):
        return _sentence(faults[0], place)
    return f"{place or 'it'} must {' or '.join(dict.fromkeys(demands))} ({quoted(faults[0]['input'])} was given)"


def _sentence(fault: Any, place: str) -> str:
    """One of pydantic's complaints about a value in our words; those it has no words for stay as they are."""
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{place} is missing"
    if fault["type"] not in _DEMANDS:
        return f"{place}: {message}" if place else str(message)
    return f"{place or 'it'} must {_demand(fault)} ({quoted(fault['input'])} was given)"


def _demand(fault: Any) -> str:
    limits = {name: _plain(limit) for name, limit in fault.get("ctx", {}).items()}
    return _DEMANDS[fault["type"]].format(**limits)


def _plain(limit: object) -> Any:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


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


def _resolve(schema: dict[str, Any], node: object) -> dict[str, Any]:
    """Follow `$ref`, and the first object alternative of `anyOf`."""
    if not isinstance(node, dict):
        return {}
    for alternative in node.get("anyOf", ()):
        if "$ref" in alternative:
            return _resolve(schema, alternative)
    if "$ref" in node:
        return _resolve(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    return node
