"""A file format that models are exported to: one value for each, in the folder that is called as the format is."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from edgekit.errors import ToolError, UsageError
from edgekit.export.activation_range import ActivationRange
from edgekit.export.lowering import Lowering
from edgekit.export.model_file import ModelFile
from edgekit.export.simulation import LayerRounding
from edgekit.export.source import Source
from edgekit.schema.schemes import FormatName, Scheme


@dataclass(frozen=True)
class Format:
    """What there is to do with a file format.

    A new format is a folder here whose `format.py` has one of these as `FORMAT`, and its name in `FormatName`.

    title:          its name as people write it
    require:        raises `UsageError` where this host has no converter, or the format does not take a scheme
    write:          writes the model file of a source into a folder, whatever kind of model it is
    simulate:       the dense layers whose inputs the file's runtime rounds, each with how it does; the ranges are
                    those of the written file
    sizes:          bytes of each part of the model in a file; what is no tensor is left out
    require_family: for models of families that edgekit has no description of: raises `UsageError` where the format's
                    own exporter does not know the family either; None without such an exporter
    """

    name: FormatName
    title: str
    require: Callable[[Scheme], None]
    write: Callable[[Source, Lowering, Path], ModelFile]
    simulate: Callable[[Source, Lowering, Mapping[str, ActivationRange]], Iterable[LayerRounding]]
    sizes: Callable[[Path], Counter[str]]
    require_family: Callable[[str], None] | None = None

    def file_parts(self, path: Path) -> dict[str, int]:
        """Bytes of each part of a model file; what is no tensor is the graph.

        Raises `ToolError` for a file that is not what its name says, `ModuleNotFoundError` without its library.
        """
        try:
            found = self.sizes(path)
        except ModuleNotFoundError:
            raise
        except Exception as error:  # a reader raises anything at all on bytes that are no model
            raise ToolError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
        return dict(found) | {"graph": max(0, path.stat().st_size - sum(found.values()))}


def format_without_description(family: str) -> Format:
    """The format whose own exporter knows a family that edgekit cannot take apart.

    Raises `UsageError` where none does.
    """
    refusals: list[UsageError] = []
    for format in map(format_named, get_args(FormatName)):
        if format.require_family is not None:
            try:
                format.require_family(family)
            except UsageError as error:
                refusals.append(error)
            else:
                return format
    raise refusals[0] if refusals else UsageError(f"models of the family {family!r} cannot be exported")


def format_named(name: FormatName) -> Format:
    """The format of this name."""
    format = importlib.import_module(f"edgekit.export.{name}.format").FORMAT
    assert isinstance(format, Format) and format.name == name  # noqa: S101 - a mistake in the source, not in an input
    return format
