"""Tokenized rows, and batches padded to their longest row."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.ragged import Ragged, RaggedWriter
from edgekit.data.splits import Split
from edgekit.data.tokenizer import Tokenizer
from edgekit.io.progress import SILENT, Progress

_BATCH = 1000
# inputs that are 0 or 1
_SMALL = ("attention_mask", "token_type_ids")


class Rows(Sequence[dict[str, Any]]):
    """Tokenized rows, kept outside memory; each comes as the mapping of plain values that `collate` takes.

    columns:   what the tokenizer gave, by name
    fixed:     one value or vector a row, by name: labels [rows], and what a caller adds [rows, ...]
    truncated: how many rows had more tokens than were kept
    """

    def __init__(self, columns: Mapping[str, Ragged], fixed: Mapping[str, NDArray[Any]], truncated: int = 0) -> None:
        self._columns = columns
        self._fixed = fixed
        self.truncated = truncated

    def __len__(self) -> int:
        return len(self._fixed["labels"])

    def __getitem__(self, index: int) -> dict[str, Any]:  # type: ignore[override]  # nobody slices tokenized rows
        fixed = {name: values[index].tolist() for name, values in self._fixed.items()}
        return fixed | {name: values[index].tolist() for name, values in self._columns.items()}

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Tokens in each row [rows]."""
        return self._columns["input_ids"].lengths

    @property
    def ids(self) -> Ragged:
        """The token ids of each row."""
        return self._columns["input_ids"]

    def adding(self, name: str, values: NDArray[Any]) -> Rows:
        """These rows with one more value or vector each [rows, ...]; nothing is copied."""
        return Rows(self._columns, {**self._fixed, name: values}, self.truncated)


def tokenize(
    tokenizer: Tokenizer, split: Split, max_length: int, *, title: str = "tokenizing", progress: Progress = SILENT
) -> Rows:
    """Ids, mask and label of each row, truncated to `max_length` tokens by the tokenizer's own rule, not padded.

    A text without any token, as an empty one to a decoder's tokenizer, is one token of padding.
    A row goes through the tokenizer once; a slow one (`is_fast`) is asked again for rows that are too long.
    """
    truncated = 0
    alone = {"input_ids": [tokenizer.pad_token_id or 0], "attention_mask": [1]}
    with ExitStack() as files, progress.task(title, len(split)) as advance:
        writers = {
            name: files.enter_context(RaggedWriter(np.int8 if name in _SMALL else np.int32))
            for name in tokenizer.model_input_names
        }
        for start in range(0, len(split), _BATCH):
            texts = list(split.texts[start : start + _BATCH])
            pairs = None if split.pairs is None else list(split.pairs[start : start + _BATCH])
            encoded, cut = _encode(tokenizer, texts, pairs, max_length)
            truncated += cut
            writers = {name: writer for name, writer in writers.items() if name in encoded}
            for name, writer in writers.items():
                for row in encoded[name]:
                    writer.append(row or alone.get(name, [0]))
            advance(start + len(texts))
        columns = {name: writer.rows() for name, writer in writers.items()}
    return Rows(columns, {"labels": _label_values(split.labels)}, truncated)


def _label_values(labels: Any) -> NDArray[Any]:
    """Class numbers as int32, anything else as float32, in which losses are computed."""
    values = np.asarray(labels)
    return values.astype(np.int32 if values.ndim == 1 and values.dtype.kind in "iu" else np.float32, copy=False)


def _encode(tokenizer: Tokenizer, texts: list[str], pairs: list[str] | None, max_length: int) -> tuple[Any, int]:
    """The encoding of a batch of texts, truncated, and how many of them were."""
    encoded = tokenizer(texts, pairs, truncation=True, max_length=max_length)
    full = [row for row, ids in enumerate(encoded["input_ids"]) if len(ids) >= max_length]
    if tokenizer.is_fast:
        # what was cut off lies beside what was kept
        return encoded, sum(bool(encoded.encodings[row].overflowing) for row in full)
    whole = (tokenizer(texts[row], pairs and pairs[row], truncation=False, verbose=False) for row in full)
    return encoded, sum(len(each["input_ids"]) > max_length for each in whole)


def collate(tokenizer: Tokenizer, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
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

    def __init__(self, lengths: Sequence[int] | NDArray[Any], batch_size: int, seed: int) -> None:
        self._lengths = np.asarray(lengths)
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
        shuffled = array("q", range(len(self._lengths)))
        generator.shuffle(shuffled)
        order = np.frombuffer(shuffled, dtype=np.int64)
        stretch = self._batch_size * 20
        for start in range(0, len(order), stretch):
            part = order[start : start + stretch]
            part[:] = part[np.argsort(self._lengths[part], kind="stable")]
        whole = len(order) // self._batch_size * self._batch_size
        starts = array("q", range(0, whole, self._batch_size))
        generator.shuffle(starts)
        for start in (*starts, whole):
            yield from order[start : start + self._batch_size].tolist()


def batches_by_length(lengths: Sequence[int] | NDArray[Any], size: int) -> Iterator[list[int]]:
    """Indices of rows in batches of like length, so that little of a batch is padding; lengths [rows] in tokens."""
    order = np.argsort(np.asarray(lengths), kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size].tolist()
