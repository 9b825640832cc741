"""The files and folders that options name, which no output may replace."""

from __future__ import annotations

from pathlib import Path

from edgekit.options.data_options import EMBEDDED, DataSpec
from edgekit.schema.base_model import Strict


def input_files(*given: Strict | None) -> tuple[Path, ...]:
    """Every path among the values of these options, and the local folder of a data set."""
    found: list[Path] = []
    for options in given:
        if options is None:
            continue
        found += [value for _, value in options if isinstance(value, Path) and str(value) != EMBEDDED]
        if isinstance(options, DataSpec) and options.folder is not None:
            found.append(options.folder)
        if isinstance(options, DataSpec) and options.hub is not None:
            folders = (Path(options.hub), Path(options.hub.rpartition(":")[0] or options.hub))
            found += [folder for folder in folders if folder.is_dir()][:1]
    return tuple(found)
