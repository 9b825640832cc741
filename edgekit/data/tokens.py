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

    columns:       what the tokenizer gave, by name
    fixed:         one value or vector a row, by name: labels [rows], and what a caller adds [rows, ...]
    whole_lengths: tokens in each row before it was cut [rows]. Default: none was
    max_length:    tokens after which a row is cut
    """

    def __init__(
        self,
        columns: Mapping[str, Ragged],
        fixed: Mapping[str, NDArray[Any]],
        whole_lengths: NDArray[np.int32] | None = None,
        max_length: int | None = None,
    ) -> None:
        self._columns = columns
        self._fixed = fixed
        self.whole_lengths = self.lengths if whole_lengths is None else whole_lengths
        self.max_length = max_length

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
    def truncated(self) -> int:
        """How many rows had more tokens than were kept."""
        return int((self.whole_lengths > self.lengths).sum())

    @property
    def ids(self) -> Ragged:
        """The token ids of each row."""
        return self._columns["input_ids"]

    def adding(self, name: str, values: NDArray[Any]) -> Rows:
        """These rows with one more value or vector each [rows, ...]; nothing is copied."""
        return Rows(self._columns, {**self._fixed, name: values}, self.whole_lengths, self.max_length)


def tokenize(
    tokenizer: Tokenizer, split: Split, max_length: int, *, title: str = "tokenizing", progress: Progress = SILENT
) -> Rows:
    """Ids, mask and label of each row, truncated to `max_length` tokens by the tokenizer's own rule, not padded.

    A text without any token, as an empty one to a decoder's tokenizer, is one token of padding.
    A row goes through the tokenizer once; a slow one (`is_fast`) is asked again for rows that are too long.
    """
    whole = array("i")
    alone = {"input_ids": [tokenizer.pad_token_id or 0], "attention_mask": [1]}
    with ExitStack() as files, progress.task(title, len(split)) as advance:
        writers = {
            name: files.enter_context(RaggedWriter(np.int8 if name in _SMALL else np.int32))
            for name in tokenizer.model_input_names
        }
        for start in range(0, len(split), _BATCH):
            texts = list(split.texts[start : start + _BATCH])
            pairs = None if split.pairs is None else list(split.pairs[start : start + _BATCH])
            encoded, lengths = _encode(tokenizer, texts, pairs, max_length)
            whole.extend(lengths)
            writers = {name: writer for name, writer in writers.items() if name in encoded}
            for name, writer in writers.items():
                for row in encoded[name]:
                    writer.append(row or alone.get(name, [0]))
            advance(start + len(texts))
        columns = {name: writer.rows() for name, writer in writers.items()}
    kept = columns["input_ids"].lengths
    # an empty text is one token of padding
    whole_lengths = np.maximum(np.frombuffer(whole, dtype=np.int32), kept) if whole else kept
    return Rows(columns, {"labels": _label_values(split.labels)}, whole_lengths, max_length)


def _label_values(labels: Any) -> NDArray[Any]:
    """Class numbers as int32, anything else as float32, in which losses are computed."""
    values = np.asarray(labels)
    return values.astype(np.int32 if values.ndim == 1 and values.dtype.kind in "iu" else np.float32, copy=False)


def _encode(tokenizer: Tokenizer, texts: list[str], pairs: list[str] | None, max_length: int) -> tuple[Any, list[int]]:
    """The encoding of a batch of texts, truncated, and how many tokens each of them has in all."""
    encoded = tokenizer(texts, pairs, truncation=True, max_length=max_length)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    for row, length in enumerate(lengths):
        if length < max_length:
            continue
        if not tokenizer.is_fast:
            lengths[row] = _whole_length(tokenizer, texts[row], None if pairs is None else pairs[row])
        elif cut_off := encoded.encodings[row].overflowing:
            # what was cut off lies beside what was kept
            pieces = (encoded.encodings[row], *cut_off)
            lengths[row] = pieces[0].special_tokens_mask.count(1) + sum(_distinct_parts(pieces))
    return encoded, lengths


def _distinct_parts(pieces: Sequence[Any]) -> list[int]:
    """The tokens of each part of the texts that the pieces of an encoding hold; of a pair parts come often."""
    parts = {
        (text, tuple(place for place, own in zip(piece.offsets, piece.sequence_ids, strict=True) if own == text))
        for piece in pieces
        for text in (0, 1)
    }
    return [len(places) for _, places in parts]


def _whole_length(tokenizer: Tokenizer, text: str, pair: str | None) -> int:
    return len(tokenizer(text, pair, truncation=False, verbose=False)["input_ids"])


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
