"""Data sets of the Hugging Face hub, local folders in its layout, and those of `save_to_disk`, by `datasets`."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from edgekit.data.arrow import arrow_rows, batch_rows, read_parquet
from edgekit.data.arrow_stream import stored_sizes
from edgekit.data.columns import Row
from edgekit.data.unfolding import VALUE_BYTES, Unfolding, UnfoldsTooFarError, longest_value
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.options.data_options import SPLIT_NAMES, is_saved

# bytes of a Parquet file that is read through before `datasets` takes it
_SMALL = 16_000_000


def hub_splits(source: str, progress: Progress = SILENT) -> dict[str, Any]:
    """The data sets of a hub id by what edgekit calls their splits.

    source: `owner/name`, `name` or a local folder, each with `:config` behind it where there are several
    No code of the data set is run. Raises `UsageError` for one that cannot be reached or read.
    """
    import datasets

    where, config = _parted(source)
    datasets.disable_progress_bars()
    try:
        with progress.task(f"opening {source}"):
            _check_unfolding(where)
            found = _saved(where) if is_saved(Path(where)) else datasets.load_dataset(where, config)
    except UsageError:
        raise
    except Exception as error:  # the library raises anything at all: network, configuration, parsers of every format
        raise UsageError(f"data {source!r} cannot be loaded: {_sentence(error)}", advice=_advice(where)) from error
    splits = {}
    for split, names in SPLIT_NAMES.items():
        name = next((name for name in names if name in found), None)
        if name is not None:
            splits[split] = found[name]
    if not splits:
        raise UsageError(f"data {source!r} has no train, validation or test split, but {', '.join(map(str, found))}")
    return splits


def _check_unfolding(where: str) -> None:
    """Raise `UsageError` for a file of a local folder that unfolds too far: `datasets` would unfold all of it.

    Large Parquet files are left out: what they may unfold to is no more than a few times what a large one holds.
    """
    for path in sorted(Path(where).rglob("*.arrow")) if Path(where).is_dir() else ():
        unfolding = Unfolding(path)
        for rows, size in stored_sizes(path):
            unfolding.add(size + VALUE_BYTES * rows)
    for path in sorted(Path(where).rglob("*.parquet")) if Path(where).is_dir() else ():
        if path.is_file() and path.stat().st_size < _SMALL:
            try:
                for _ in read_parquet(path):
                    pass
            except UnfoldsTooFarError:
                raise
            except UsageError:  # what is no Parquet file is told by the library
                continue


def _saved(folder: str) -> Any:
    """What `save_to_disk` wrote, by the names of its splits; one without any is taken as test rows."""
    import datasets

    found = datasets.load_from_disk(folder)
    return found if isinstance(found, datasets.DatasetDict) else {"test": found}


def hub_rows(source: str, name: str, split: Any, progress: Progress = SILENT) -> Generator[Row]:
    """Each row of the split `name` of a source with its place; the names of numbered classes for their numbers."""
    from datasets import ClassLabel, Value

    # of a list, its items
    items = {name: getattr(feature, "feature", feature) for name, feature in split.features.items()}
    plain = [name for name, item in items.items() if isinstance(item, (ClassLabel, Value))]
    named = {name: items[name].names for name in plain if isinstance(items[name], ClassLabel)}
    table = split.select_columns(plain).with_format("arrow")
    # rows that are chosen by their numbers may be the same long one over and over
    batches = table.iter(batch_rows(max(map(longest_value, table.data.columns), default=1)))
    folder = Path(_parted(source)[0])
    counted = Unfolding(folder).counted(batches) if is_saved(folder) else batches
    return arrow_rows(f"{source}, {name}", counted, named, len(split), progress)


def _parted(source: str) -> tuple[str, str | None]:
    if Path(source).is_dir():
        return source, None
    where, _, config = source.partition(":")
    return where, config or None


def _sentence(error: Exception) -> str:
    # datasets wraps what went wrong in "An error occurred while generating the dataset"
    cause = error.__cause__ if type(error).__name__.startswith("DatasetGeneration") and error.__cause__ else error
    return str(cause).strip().partition("\n")[0] or type(cause).__name__


def _advice(where: str) -> str:
    if Path(where).is_dir():
        return "give a folder with train and test files, or one in the hub's layout"
    return f"there is no file or folder {where!r} here, so it was taken as a hub id: check its name and the network"
