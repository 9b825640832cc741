"""Rows from Arrow tables: Parquet files, and data sets of the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from edgekit.data.row import Row
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress

_BATCH = 2048


def read_parquet(path: Path, progress: Progress = SILENT) -> Generator[Row]:
    """Each row of a Parquet file with its place; numbered classes have the names that the hub keeps in the file.

    Raises `UsageError` for what is not a whole Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            batches = file.iter_batches(_BATCH, columns=[field.name for field in schema if _is_plain(field.type)])
            total = file.metadata.num_rows
            yield from arrow_rows(str(path), batches, _class_names(schema), total, progress)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"{path} is not a whole Parquet file: {reason}") from None


def arrow_rows(
    place: str, batches: Iterable[Any], class_names: dict[str, list[str]], total: int, progress: Progress = SILENT
) -> Generator[Row]:
    """The rows of record batches or tables with their places; numbers of named classes become names, -1 none."""
    number = 0
    with progress.task(f"reading {Path(place).name}", total) as advance:
        for batch in batches:
            rows = batch.to_pylist()
            for column, names in class_names.items():
                for row in rows:
                    row[column] = _class_name(row.get(column), names)
            for row in rows:
                number += 1
                yield f"{place}, row {number}", row
            advance(number)


def _class_name(value: object, names: list[str]) -> Any:
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


def _is_plain(kind: Any) -> bool:
    """Whether a column of this type can hold a text or a label: pictures and lists are not even read."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(text or types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _class_names(schema: Any) -> dict[str, list[str]]:
    """The names of the classes in each column of numbers, as the library `datasets` writes them beside the schema."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: [str(label) for label in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError):
        return {}
