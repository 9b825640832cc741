"""A JSON value with one thing in it changed, as somebody would who edits a file by hand."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a value: every key and every place of a list, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, item in inner for place in places(item, (*path, key)))]


def edited(value: Any, data: st.DataObject, others: st.SearchStrategy[Any]) -> Any:
    """The value with one value in it, at any depth, deleted or another out of `others`."""
    *path, last = data.draw(st.sampled_from(places(value)))
    found = copy.deepcopy(value)
    node: Any = found
    for key in path:
        node = node[key]
    if data.draw(st.booleans()):
        del node[last]
    else:
        before = json.dumps(node[last])
        node[last] = data.draw(others.filter(lambda other: json.dumps(other) != before))
    return found
