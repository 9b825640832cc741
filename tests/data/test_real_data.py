"""Published data sets as they are: EDGEKIT_REAL_DATA names a folder that holds sst2/ and banking77/."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgekit.data.splits import load_data
from edgekit.spec.data_options import DataSpec

FOLDER = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "labels"),
    [("sst2", (67_349, 872, 1_821), 2), ("banking77", (9_003, 1_000, 3_080), 77)],
)
def test_published_sets_load_whole(name, rows, labels):
    if not (FOLDER / name).is_dir():
        pytest.skip(f"{FOLDER / name} is absent; EDGEKIT_REAL_DATA names the folder that holds it")
    data = load_data(DataSpec.from_text(str(FOLDER / name)))
    assert (len(data.train), len(data.validation), len(data.test)) == rows
    assert len(data.labels) == labels
