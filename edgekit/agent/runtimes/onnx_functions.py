"""How far the local functions of an ONNX file unfold: each that calls another twice doubles what a runtime builds.

The file is read as protobuf without a library for it (onnx.proto: the numbers of the fields are part of the format).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput

# nodes; the largest exports of today have some ten thousand
MOST_NODES = 1_000_000
# ModelProto, GraphProto, FunctionProto, NodeProto, AttributeProto
_GRAPH, _FUNCTIONS = 7, 25
_GRAPH_NODE = 1
_NAME, _NODE, _DOMAIN = 1, 7, 10
_OP_TYPE, _ATTRIBUTE, _OP_DOMAIN = 4, 5, 7
_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS = 6, 11
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_DEEPEST = 100

Name = tuple[bytes, bytes]


def check_functions(path: Path) -> None:
    """Raise `BadInput` where the functions of an ONNX file call themselves or unfold to more than `MOST_NODES` nodes.

    What is no protobuf is left to the runtime to refuse.
    """
    if not path.stat().st_size:
        return
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            model = list(_fields(content, 0, len(content)))
            functions = dict(_function(content, *span) for number, span in model if number == _FUNCTIONS)
            if functions:
                calls = [
                    call for number, span in model if number == _GRAPH for call in _calls(content, *span, _GRAPH_NODE)
                ]
                functions[b"", b""] = calls
                _unfolded(functions, (b"", b""), {}, path)
    except _Malformed:
        return


class _Malformed(Exception):
    """The bytes are no protobuf."""


def _function(content: mmap.mmap, start: int, end: int) -> tuple[Name, list[Name]]:
    texts = {
        number: content[slice(*span)] for number, span in _fields(content, start, end) if number in (_NAME, _DOMAIN)
    }
    return (texts.get(_DOMAIN, b""), texts.get(_NAME, b"")), list(_calls(content, start, end, _NODE))


def _calls(content: mmap.mmap, start: int, end: int, node: int, depth: int = 0) -> Iterator[Name]:
    """The operator of each node of a graph or a function, and of those in its subgraphs."""
    if depth > _DEEPEST:
        raise BadInput("the model nests its subgraphs without end")
    for number, span in _fields(content, start, end):
        if number != node:
            continue
        texts = {}
        for inner, inner_span in _fields(content, *span):
            if inner in (_OP_TYPE, _OP_DOMAIN):
                texts[inner] = content[slice(*inner_span)]
            elif inner == _ATTRIBUTE:
                for part, part_span in _fields(content, *inner_span):
                    if part in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                        yield from _calls(content, *part_span, _GRAPH_NODE, depth + 1)
        yield texts.get(_OP_DOMAIN, b""), texts.get(_OP_TYPE, b"")


def _unfolded(functions: dict[Name, list[Name]], name: Name, known: dict[Name, int], path: Path) -> int:
    """How many nodes a function becomes where it is called."""
    if name not in functions:
        return 1
    if name not in known:
        known[name] = MOST_NODES + 1  # what it has while it is being counted: one that calls itself has no end
        if len(known) > _DEEPEST * _DEEPEST:
            raise BadInput(f"{path} has too many local functions")
        try:
            known[name] = sum(_unfolded(functions, call, known, path) for call in functions[name])
        except RecursionError:
            known[name] = MOST_NODES + 1
    if known[name] > MOST_NODES:
        raise BadInput(f"{path} holds local functions that unfold to more than {MOST_NODES:,} nodes")
    return known[name]


def _fields(content: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The number of each field of a message with where its bytes lie; numbers in it are passed over."""
    while start < end:
        key, start = _varint(content, start, end)
        kind = key & 7
        if kind == _BYTES:
            size, start = _varint(content, start, end)
            if start + size > end:
                raise _Malformed
            yield key >> 3, (start, start + size)
            start += size
        elif kind == _VARINT:
            _, start = _varint(content, start, end)
        elif kind in (_EIGHT, _FOUR):
            start += 8 if kind == _EIGHT else 4
        else:
            raise _Malformed


def _varint(content: mmap.mmap, start: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while start < end and shift < 64:
        byte = content[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7
    raise _Malformed
