"""Rows from Arrow tables: Parquet files, and data sets of the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edgekit.data.columns import LABEL_NAMES, Row
from edgekit.data.unfolding import Unfolding
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress

_BATCH = 2048
# bytes of text that a batch may hold
_BATCH_BYTES = 64_000_000
# rows of a batch whose values are written as what differs from the value before
_DELTA_BATCH = 16


def read_parquet(path: Path, progress: Progress = SILENT) -> Generator[Row]:
    """Each row of a Parquet file with its place; numbered classes have the names that the hub keeps in the file.

    Raises `UsageError` for what is not a whole Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            columns = [field.name for field in schema if _is_read(field)]
            unfolding = Unfolding(path)
            unfolding.add(_stored_bytes(file.metadata, columns))
            batches = _bounded_batches(path, file, columns)
            rows = arrow_rows(str(path), batches, _class_names(schema), file.metadata.num_rows, progress)
            unfolding = Unfolding(path)
            for where, row in rows:
                unfolding.add(sum(map(_characters, row.values())))
                yield where, row
    except MemoryError:  # Arrow's is one of its exceptions too
        raise
    except (pa.ArrowException, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"{path} is not a whole Parquet file: {reason}") from None


def _characters(value: object) -> int:
    """Of a text, or of all texts in a list; a list takes some by itself."""
    if isinstance(value, list):
        return sum(8 + _characters(item) for item in value)
    return len(value) if isinstance(value, str) else 0


def _stored_bytes(metadata: Any, columns: Collection[str]) -> int:
    """What the pages of these columns hold once they are decompressed, as the file says."""
    chunks = (
        metadata.row_group(group).column(place)
        for group in range(metadata.num_row_groups)
        for place in range(metadata.num_columns)
    )
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema.partition(".")[0] in columns)


def _bounded_batches(path: Path, file: Any, columns: Sequence[str]) -> Iterator[Any]:
    """The batches of a file, in each as few rows as its longest value bids."""
    from pyarrow import parquet

    plain = [name for name in columns if _is_plain(file.schema_arrow.field(name).type)]
    with parquet.ParquetFile(path, read_dictionary=plain) as peeked:
        for group in range(file.metadata.num_row_groups):
            # what a list may hold is not known before it is read
            if _has_deltas(file.metadata.row_group(group)) or len(plain) < len(columns):
                rows = _DELTA_BATCH
            else:
                # a dictionary holds each value once, however many rows have it
                first = next(peeked.iter_batches(1, row_groups=[group], columns=columns), None)
                longest = max((_longest(column) for column in first.columns), default=1) if first is not None else 1
                rows = min(_BATCH, max(1, _BATCH_BYTES // max(1, longest)))
            yield from file.iter_batches(rows, row_groups=[group], columns=columns)


def _longest(column: Any) -> int:
    """The bytes of the longest value of a column, of one with a dictionary among all that stand there."""
    import pyarrow.compute as compute
    import pyarrow.types as types

    values = column.dictionary if types.is_dictionary(column.type) else column
    if not (types.is_string(values.type) or types.is_large_string(values.type)):
        return 8
    return int(compute.max(compute.binary_length(values)).as_py() or 1)


def _has_deltas(group: Any) -> bool:
    return any("DELTA_BYTE_ARRAY" in group.column(place).encodings for place in range(group.num_columns))


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


def _class_name(value: object, names: list[str]) -> object:
    if isinstance(value, list):
        return [_class_name(item, names) for item in value]
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


def _is_plain(kind: Any) -> bool:
    """Whether a column of this type can hold a text or a label: pictures are not even read."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(text or types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_read(field: Any) -> bool:
    return _is_plain(field.type) or _holds_labels(field.name, field.type)


def _holds_labels(name: str, kind: Any) -> bool:
    """Whether a column holds lists of labels; fractions are labels by its name alone, as embeddings are such lists."""
    import pyarrow.types as types

    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    return _is_plain(kind.value_type) and (name.casefold() in LABEL_NAMES or not types.is_floating(kind.value_type))


def _class_names(schema: Any) -> dict[str, list[str]]:
    """The names of the classes in each column of numbers, as the library `datasets` writes them beside the schema."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        # of a list of classes, those of its items
        items = {name: feature.get("feature", feature) for name, feature in features.items()}
        return {
            name: [str(label) for label in item["names"]]
            for name, item in items.items()
            if isinstance(item, dict) and item.get("_type") == "ClassLabel"
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
