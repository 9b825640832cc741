"""Tokenized rows, and batches padded to their longest row."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from edgekit.data.splits import Split


def tokenize(tokenizer: Any, split: Split, max_length: int) -> list[dict[str, Any]]:
    """Ids, mask and label of each row, truncated to `max_length` by the tokenizer's own rule, not padded."""
    encoded = tokenizer(split.texts, split.pairs, truncation=True, max_length=max_length)
    names = [name for name in tokenizer.model_input_names if name in encoded]
    return [{"labels": label} | {name: encoded[name][row] for name in names} for row, label in enumerate(split.labels)]


def usable_length(model: Any, tokenizer: Any, wanted: int) -> int:
    """The longest input in tokens, up to `wanted`, that the model's position table and its tokenizer take."""
    limits = [wanted, int(tokenizer.model_max_length), *_position_rows(model)]
    configured = getattr(model.config, "max_position_embeddings", None)
    return min(limit for limit in [*limits, configured] if isinstance(limit, int) and limit > 0)


def _position_rows(model: Any) -> list[int]:
    """How many positions each table has; those up to a padding row, as in RoBERTa, stand for none."""
    tables = [module for name, module in model.named_modules() if name.endswith("position_embeddings")]
    return [
        table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
        for table in tables
        if hasattr(table, "num_embeddings")
    ]


def collate(tokenizer: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Pad rows to the longest of them: ids and masks [batch, length]; other values become tensors [batch, ...]."""
    import torch
    from transformers.data.data_collator import pad_without_fast_tokenizer_warning

    inputs = [{name: row[name] for name in tokenizer.model_input_names if name in row} for row in rows]
    batch = dict(pad_without_fast_tokenizer_warning(tokenizer, inputs, return_tensors="pt"))
    for name in rows[0].keys() - batch.keys():
        batch[name] = torch.tensor([row[name] for row in rows])
    return batch


class ShuffledByLength:
    """A sampler: another order each epoch, in which rows of like length come together and the batches are shuffled.

    Transformers' own length grouping leaves the batches of a stretch sorted from long to short, so that the last
    steps of each stretch see short rows alone; where short means easy, that costs accuracy.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch to come; its order follows from it and the seed alone, as a resumed run needs."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = random.Random(self._seed * 1_000_003 + self._epoch)
        order = list(range(len(self._lengths)))
        generator.shuffle(order)
        stretch = self._batch_size * 20
        for start in range(0, len(order), stretch):
            order[start : start + stretch] = sorted(order[start : start + stretch], key=self._lengths.__getitem__)
        whole = len(order) // self._batch_size * self._batch_size
        starts = list(range(0, whole, self._batch_size))
        generator.shuffle(starts)
        for start in [*starts, whole]:
            yield from order[start : start + self._batch_size]


def batches_by_length(rows: list[dict[str, Any]], size: int) -> Iterator[list[int]]:
    """Indices of rows in batches of like length, so that little of a batch is padding."""
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]["input_ids"]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
