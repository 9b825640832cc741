"""The command lines that do by hand what the stages of a run do: one option for each value that is not the default."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.options.data_options import DataSpec
from edgekit.schema.base_model import Strict
from edgekit.schema.shape import Scratch, WantedShape


def command_line(verb: str, *arguments: str | Path, options: Strict | None = None, **flags: object) -> str:
    """`edgekit VERB ARGUMENTS --option value ...`, quoted for a shell."""
    words = ["edgekit", verb, *map(str, arguments)]
    for name, value in [*flags.items(), *_changed(options).items()]:
        words += _words(name, value)
    return shlex.join(words)


def data_flags(data: DataSpec) -> dict[str, Any]:
    """The `--data` options that stand for a data set."""
    if data.embedded:
        return {"data": data.name}
    given: dict[str, Any] = dict(_changed(data))
    hub = {"data": given.pop("hub")} if data.hub else {}
    # lists of these are one word
    listed = {name: ",".join(given[name]) for name in ("columns", "label_names") if name in given}
    return hub | {name: value for name, value in given.items() if name != "name"} | listed


def _changed(options: Strict | None) -> Mapping[str, object]:
    if options is None:
        return {}
    fields = type(options).model_fields
    values = {name: getattr(options, name) for name in fields}
    return {name: value for name, value in values.items() if value != fields[name].default}


def _words(name: str, value: object) -> list[str]:
    flag = f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, (WantedShape, Scratch)):
        given = value.model_dump(exclude_none=True)
        return [flag, ",".join(f"{key}={part}" for key, part in given.items())]
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return [word for part in value for word in (flag, part)]
    if isinstance(value, tuple):
        return [flag, ",".join(map(str, value))]
    return [flag, str(value)]
