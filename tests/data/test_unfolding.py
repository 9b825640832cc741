"""A few hundred bytes that unfold to gigabytes are refused before they do; what is merely long or alike is read."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from edgekit.data.files import read_rows
from edgekit.errors import UsageError

ROWS, LONG = 600, "a" * 1_000_000


def write(path, texts, **options):
    table = pa.table({"text": texts, "label": ["light"] * len(texts)})
    parquet.write_table(table, path, compression="zstd", row_group_size=len(texts), **options)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        # as a dictionary, but for the dictionary
        pytest.param({"use_dictionary": False}, marks=pytest.mark.slow),
        {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
    ],
    ids=["dictionary", "plain", "delta"],
)
def test_parquet_that_unfolds_without_end_is_refused_in_little_memory(tmp_path, options):
    path = write(tmp_path / "bomb.parquet", [LONG] * ROWS, **options)
    # the most memory that a process ever had; getrusage tells that of its parent too
    code = (
        "import sys; from pathlib import Path; from edgekit.data.files import read_rows\n"
        "from edgekit.errors import UsageError\n"
        "try:\n    sum(1 for _ in read_rows(Path(sys.argv[1])))\n"
        "except UsageError as error:\n    print(error.message)\n"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    sentence, kilobytes = done.stdout.splitlines()
    assert "unfolds to more than 256,000,000" in sentence
    assert int(kilobytes) < 900_000


def one_row(path, labels, **options):
    table = pa.table({"text": ["turn on the light"], "labels": labels})
    parquet.write_table(table, path, compression="zstd", **options)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda: pa.array(np.zeros(20_000_000, np.int8)),
        lambda: pa.DictionaryArray.from_arrays(pa.array(np.zeros(1000, np.int32)), pa.array(["x" * 500_000])),
    ],
    ids=["numbers", "texts"],
)
def test_a_list_that_unfolds_without_end_is_refused(tmp_path, make):
    values = make()
    row = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    path = one_row(tmp_path / "bomb.parquet", row)
    assert path.stat().st_size < 600_000
    with pytest.raises(UsageError, match="unfolds to more than 256,000,000"):
        next(read_rows(path))


@pytest.mark.parametrize("kind", [pa.list_(pa.large_string()), pa.large_list(pa.string()), pa.list_(pa.string_view())])
def test_lists_of_texts_are_read(tmp_path, kind):
    path = one_row(tmp_path / "rows.parquet", pa.array([["a", "b"]], kind))
    assert [row["labels"] for _, row in read_rows(path)] == [["a", "b"]]


def test_a_list_of_texts_that_are_written_as_differences_is_read_unless_it_may_have_no_end(tmp_path):
    options = {"use_dictionary": False, "column_encoding": {"labels.list.element": "DELTA_BYTE_ARRAY"}}
    path = one_row(tmp_path / "rows.parquet", pa.array([["aa", "ab"]]), **options)
    assert [row["labels"] for _, row in read_rows(path)] == [["aa", "ab"]]
    path = one_row(tmp_path / "bomb.parquet", pa.array([[LONG] * 300]), **options)
    with pytest.raises(UsageError, match="unfolds to more than 256,000,000"):
        next(read_rows(path))


def saved(folder, table, **options):
    """A folder as `save_to_disk` writes it, whose rows are these."""
    import datasets

    datasets.Dataset.from_dict({"text": ["a"], "label": ["b"]}).save_to_disk(folder)
    (file,) = folder.glob("*.arrow")
    with pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write_table(table)
    return folder


def test_a_saved_folder_that_unfolds_without_end_is_refused(tmp_path):
    from edgekit.data.hub import hub_splits

    table = pa.table({"text": pa.array([LONG] * 300), "label": pa.array(["b"] * 300)})
    folder = saved(tmp_path / "bomb", table, compression="zstd")
    with pytest.raises(UsageError, match="unfolds to more than 256,000,000"):
        hub_splits(str(folder))


def test_a_compressed_folder_and_one_of_chosen_rows_are_read(tmp_path):
    import datasets

    from edgekit.data.hub import hub_rows, hub_splits

    table = pa.table({"text": [LONG, "short"], "label": ["b", "c"]})
    folder = str(saved(tmp_path / "saved", table, compression="zstd"))
    assert [row["label"] for _, row in hub_rows(folder, "test", hub_splits(folder)["test"])] == ["b", "c"]
    chosen = str(tmp_path / "chosen")
    datasets.load_from_disk(folder).select([1, 0, 1]).save_to_disk(chosen)
    assert [row["label"] for _, row in hub_rows(chosen, "test", hub_splits(chosen)["test"])] == ["c", "b", "c"]


def test_one_long_row_chosen_over_and_over_is_refused(tmp_path):
    import datasets

    from edgekit.data.hub import hub_rows, hub_splits

    folder = tmp_path / "saved"
    datasets.Dataset.from_dict({"text": [LONG], "label": ["b"]}).select([0] * 20).save_to_disk(folder)
    rows = hub_rows(str(folder), "test", hub_splits(str(folder))["test"].select([0] * 5000))
    with pytest.raises(UsageError, match="unfolds to more than"):
        for _ in rows:
            pass


def test_rows_that_are_alike_or_long_are_read(tmp_path):
    path = write(tmp_path / "alike.parquet", ["turn on the light"] * 20_000)
    assert sum(1 for _ in read_rows(path)) == 20_000
    texts = [LONG, "short", LONG + "b", None]
    path = write(tmp_path / "long.parquet", texts)
    assert [row["text"] for _, row in read_rows(path)] == texts


def test_a_hub_folder_is_looked_through_first(tmp_path):
    from edgekit.data.hub import hub_splits

    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "train-00000-of-00001.parquet", [LONG] * ROWS)
    with pytest.raises(UsageError, match="unfolds to more than"):
        hub_splits(str(tmp_path))
