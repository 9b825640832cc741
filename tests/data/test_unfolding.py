"""A few hundred bytes that unfold to gigabytes are refused before they do; what is merely long or alike is read."""

from __future__ import annotations

import subprocess
import sys

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
    said, kilobytes = done.stdout.splitlines()
    assert "unfolds to more than 256,000,000" in said
    assert int(kilobytes) < 900_000


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
