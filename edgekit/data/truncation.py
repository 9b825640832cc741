"""Rows that are longer than a model takes."""

from __future__ import annotations

from typing import Any

from edgekit.data.splits import Split

_BATCH = 100


def count_truncated(tokenizer: Any, split: Split, max_length: int) -> int:
    """How many rows have more than `max_length` tokens, special ones included: those that truncation cuts."""
    cut = 0
    for start in range(0, len(split), _BATCH):
        rows = slice(start, start + _BATCH)
        pairs = list(split.pairs[rows]) if split.pairs is not None else None
        encoded = tokenizer(list(split.texts[rows]), pairs, truncation=False, padding=False, verbose=False)
        cut += sum(len(ids) > max_length for ids in encoded["input_ids"])
    return cut
