"""Tokenized rows, and batches padded to their longest row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgekit.data.splits import Split


def tokenize(tokenizer: Any, split: Split, max_length: int) -> list[dict[str, Any]]:
    """Ids, mask and label of each row, truncated to `max_length` by the tokenizer's own rule, not padded."""
    encoded = tokenizer(split.texts, split.pairs, truncation=True, max_length=max_length)
    names = [name for name in tokenizer.model_input_names if name in encoded]
    return [{"labels": label} | {name: encoded[name][row] for name in names} for row, label in enumerate(split.labels)]


def collate(tokenizer: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Pad rows to the longest of them: ids and masks [batch, length]; other values become tensors [batch, ...]."""
    import torch
    from transformers.data.data_collator import pad_without_fast_tokenizer_warning

    inputs = [{name: row[name] for name in tokenizer.model_input_names if name in row} for row in rows]
    batch = dict(pad_without_fast_tokenizer_warning(tokenizer, inputs, return_tensors="pt"))
    for name in rows[0].keys() - batch.keys():
        batch[name] = torch.tensor([row[name] for row in rows])
    return batch


def batches_by_length(rows: list[dict[str, Any]], size: int) -> Iterator[list[int]]:
    """Indices of rows in batches of like length, so that little of a batch is padding."""
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]["input_ids"]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
