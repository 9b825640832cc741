"""Rows of validation and test that are training rows too: what is measured on them is too good."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edgekit.data.table import Table
from edgekit.errors import EdgekitWarning, UsageError


def shared_rows(tables: Mapping[str, Table]) -> dict[str, NDArray[np.bool_]]:
    """Of each split beside the training rows, which of its rows [rows] have the text and pair of one of those.

    Warns of them, once for each split that has any. Raises `UsageError` for test rows that all are training rows.
    """
    if "train" not in tables or len(tables) == 1:
        return {}
    seen = np.unique(tables["train"].keys())
    found = {name: np.isin(table.keys(), seen) for name, table in tables.items() if name != "train"}
    for name, shared in found.items():
        count = int(shared.sum())
        if name == "test" and count == len(shared):
            raise UsageError(
                "the test rows are the training rows"
                if count == len(tables["train"])
                else f"all {count:,} test rows are training rows too",
                advice="a model is tested on rows that it was not trained on",
            )
        if count:
            left_out = "; it is evaluated on the others" if name == "test" else ""
            warnings.warn(
                f"{count:,} of {len(shared):,} {name} rows ({count / len(shared):.1%}) are training rows too: what is "
                f"measured on them is too good{left_out}",
                EdgekitWarning,
                # one place for all who read the same rows, so that it is said once
                stacklevel=2,
            )
    return found
