"""Rows from Arrow tables: Parquet files, and data sets of the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edgekit.data.columns import LABEL_NAMES, ClassName, Row
from edgekit.data.unfolding import VALUE_BYTES, Unfolding, is_list, longest_value
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress

_BATCH = 2048
# bytes that a batch may hold
_BATCH_BYTES = 64_000_000
# rows of a batch whose values are written as what differs from the value before, and what that is called
_DELTA_BATCH, _DELTA = 16, "DELTA_BYTE_ARRAY"


def read_parquet(path: Path, progress: Progress = SILENT) -> Generator[Row]:
    """Each row of a Parquet file with its place; numbered classes have the names that the hub keeps in the file.

    Raises `UsageError` for what is not a whole Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, read_dictionary=_texts_in_lists(path)) as file:
            schema = file.schema_arrow
            columns = [field.name for field in schema if _is_read(field)]
            Unfolding(path).add(_stored_bytes(file.metadata, columns))
            batches = Unfolding(path).counted(_bounded_batches(path, file, columns))
            yield from arrow_rows(str(path), batches, _class_names(schema), file.metadata.num_rows, progress)
    except MemoryError:  # Arrow's is one of its exceptions too
        raise
    except (pa.ArrowException, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"{path} is not a whole Parquet file: {reason}") from None


def _texts_in_lists(path: Path) -> list[str]:
    """The paths of columns of lists of texts: read as a dictionary, a text that a row has often is there once."""
    from pyarrow import parquet

    metadata = parquet.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    lists = {field.name for field in schema if is_list(field.type) and _is_text(field.type.value_type)}
    chunks = list(_chunks(metadata, lists))
    deltas = {chunk.path_in_schema for chunk in chunks if _DELTA in chunk.encodings}
    return sorted({chunk.path_in_schema for chunk in chunks} - deltas)


def _chunks(metadata: Any, columns: Collection[str]) -> Iterator[Any]:
    """What the file says of the chunks of these columns."""
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(place)
            if chunk.path_in_schema.partition(".")[0] in columns:
                yield chunk


def _stored_bytes(metadata: Any, columns: Collection[str]) -> int:
    """What the pages of these columns hold once they are decompressed, and their values, as the file says."""
    return sum(map(_most_bytes, _chunks(metadata, columns)))


def _most_bytes(chunk: Any) -> int:
    """Of a chunk; a text of a list that is written as what differs from the one before may be as long as all of it."""
    each = chunk.total_uncompressed_size if "." in chunk.path_in_schema and _DELTA in chunk.encodings else VALUE_BYTES
    return max(int(chunk.total_uncompressed_size), int(each * chunk.num_values))


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
                longest = (
                    max((longest_value(column) for column in first.columns), default=1) if first is not None else 1
                )
                rows = batch_rows(longest)
            yield from file.iter_batches(rows, row_groups=[group], columns=columns)


def batch_rows(longest: int) -> int:
    """How many rows a batch may have where a value has so many bytes."""
    return min(_BATCH, max(1, _BATCH_BYTES // max(1, longest)))


def _has_deltas(group: Any) -> bool:
    return any(_DELTA in group.column(place).encodings for place in range(group.num_columns))


def arrow_rows(
    place: str, batches: Iterable[Any], class_names: dict[str, list[str]], total: int, progress: Progress = SILENT
) -> Generator[Row]:
    """The rows of record batches or tables with their places; numbers of named classes become names, -1 none."""
    number = 0
    classes = {column: ClassName.each(names) for column, names in class_names.items()}
    with progress.task(f"reading {Path(place).name}", total) as advance:
        for batch in batches:
            rows = batch.to_pylist()
            for column, names in classes.items():
                for row in rows:
                    row[column] = _class_name(row.get(column), names)
            for row in rows:
                number += 1
                yield f"{place}, row {number}", row
            advance(number)


def _class_name(value: object, names: Sequence[ClassName]) -> object:
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
    return bool(
        _is_text(kind)
        or types.is_decimal(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
    )


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_read(field: Any) -> bool:
    return _is_plain(field.type) or _holds_labels(field.name, field.type)


def _holds_labels(name: str, kind: Any) -> bool:
    """Whether a column holds lists of labels; fractions are labels by its name alone, as embeddings are such lists."""
    import pyarrow.types as types

    if not is_list(kind):
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
