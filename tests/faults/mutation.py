"""Damaged copies of a file, the same ones for a seed: bytes flipped, and JSON values that are not what they were."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

ODD_TEXTS = (
    "",
    "\ud800",
    "\0",
    "\u202e",
    "a\nb",
    "../../etc/passwd",
    "/dev/zero",
    "é" * 40,
    "x" * 70_000,
    "{{x}}",
    "nan",
)
ODD_NUMBERS = (0, -1, 1, 0.5, -0.0, 2**31, 2**63, 2**64, -(2**63), 10**40, 1e308, float("nan"), float("inf"))
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"a": {"b": []}},
    *ODD_TEXTS,
    *ODD_NUMBERS,
)


def mutants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of `content`; those of JSON, or of JSON lines, are half of them damaged as values."""
    generator = random.Random(seed)
    values = _values(content)
    for number in range(count):
        if values is not None and number % 2:
            yield _dumped(_changed(values, generator))
        else:
            yield _torn(content, generator)


def _values(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _torn(content: bytes, generator: random.Random) -> bytes:
    """One to three changes to the bytes."""
    data = bytearray(content)
    for _ in range(generator.randint(1, 3)):
        at = generator.randrange(len(data) + 1)
        end = min(len(data), at + generator.choice((1, 2, 7, 40)))
        match generator.choice(("flip", "cut", "drop", "double", "insert", "swap")):
            case "flip" if at < len(data):
                data[at] ^= 1 << generator.randrange(8)
            case "cut":
                del data[at:]
            case "drop":
                del data[at:end]
            case "double":
                data[at:at] = data[at:end] * generator.choice((1, 1, 2, 300))
            case "insert":
                pieces = (
                    b"\0",
                    b"\xff",
                    b"[" * 3000,
                    b"{",
                    b'"',
                    b"9" * 5000,
                    b"-",
                    b": ",
                    b"&a [*a]",
                    b"1e999",
                    b"\n",
                )
                data[at:at] = generator.choice(pieces)
            case "swap":
                data[at:end] = bytes(generator.randrange(256) for _ in range(end - at))
    return bytes(data)


def _changed(value: Any, generator: random.Random) -> Any:
    """One to three values replaced, taken away, doubled or wrapped, wherever they lie."""
    whole = {"value": copy.deepcopy(value)}
    for _ in range(generator.randint(1, 3)):
        holder, key = generator.choice(list(_places(whole)))
        match generator.choice(("replace", "replace", "delete", "wrap", "rename", "deepen", "swap")):
            case "replace":
                holder[key] = generator.choice(ODD_VALUES)
            case "delete" if holder is not whole:
                del holder[key]
            case "wrap":
                holder[key] = generator.choice(([holder[key]], {"a": holder[key]}, [holder[key]] * 50))
            case "rename" if isinstance(holder, dict) and holder is not whole:
                holder[generator.choice(ODD_TEXTS)] = holder.pop(key)
            case "deepen":
                for _ in range(200):
                    holder[key] = [holder[key]]
            case "swap":
                other, there = generator.choice(list(_places(whole)))
                holder[key] = copy.deepcopy(other[there])
    return whole["value"]


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key or index in it; not far into long lists, which are all alike."""
    items = (
        list(node.items()) if isinstance(node, dict) else list(enumerate(node[:8])) if isinstance(node, list) else []
    )
    for key, value in items[:60]:
        yield node, key
        yield from _places(value)
