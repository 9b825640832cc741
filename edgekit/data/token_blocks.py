"""Text as a language model learns it: the tokens of all documents in one stream, cut into blocks of its context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.ragged import RaggedWriter
from edgekit.data.text_corpus import Corpus
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.options.data_options import DataSpec

# of a stream without validation text this share is kept for it, always the last
_VALIDATION = 10


@dataclass(frozen=True)
class TextData:
    """The files of a language model's text, each read whenever it is asked for.

    sha256: of the text of each split, as it was read (`Corpus.sha256`)
    """

    name: str
    files: Mapping[str, Corpus]
    sha256: Mapping[str, str]

    def pieces(self, split: str) -> Iterator[str]:
        """The text of a split in pieces, documents one after the other."""
        return (piece for document in self.files[split] for piece in document)


def load_text(spec: DataSpec, *, learn: bool = True) -> TextData:
    """The text files that `spec` names, read once for their hashes.

    learn: whether a model is to be trained on them
    Raises `UsageError` where there is no training text, and for files that hold none (`data.text_corpus`).
    """
    for name in ("separator", "label_names", "columns"):
        if getattr(spec, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} is for rows with labels", advice="leave it out")
    paths: dict[str, Path | None] = {name: getattr(spec, name) for name in ("train", "validation", "test")}
    if learn and paths["train"] is None:
        raise UsageError(
            "a language model learns from files of text, and none to train on was given",
            advice="--train FILE.txt --validation FILE.txt, or a folder that holds train.txt",
        )
    how = spec.text, spec.encoding, spec.documents
    files = {name: Corpus(path, *how) for name, path in paths.items() if path is not None}
    for corpus in files.values():
        for document in corpus:
            for _ in document:
                pass
    return TextData(spec.name or "text", files, {name: corpus.sha256 for name, corpus in files.items()})


class Blocks(Sequence[dict[str, Any]]):
    """Blocks of token ids with what a caller adds to each; a block is its own labels, which the loss shifts.

    ids: [blocks, length], int32;   more: [blocks, ...] by name
    """

    def __init__(self, ids: NDArray[np.int32], more: Mapping[str, NDArray[Any]] | None = None) -> None:
        self.ids = ids
        self._more = dict(more or {})

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:  # type: ignore[override]  # nobody slices blocks
        return {"input_ids": self.ids[index]} | {name: values[index] for name, values in self._more.items()}

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Tokens in each block [blocks]: they are all as long."""
        return np.full(len(self), self.ids.shape[1], dtype=np.int32)

    def adding(self, name: str, values: NDArray[Any]) -> Blocks:
        """These blocks with one more array each [blocks, ...]; nothing is copied."""
        return Blocks(self.ids, {**self._more, name: values})


def collate_blocks(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Blocks as tensors [batch, length, ...]; their labels are their ids."""
    import torch

    batch = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
    ids = batch["input_ids"].long()
    return batch | {"input_ids": ids, "labels": ids}


def train_and_validation(
    tokenizer: Tokenizer, data: TextData, length: int, *, title: str = "tokenizing", progress: Progress = SILENT
) -> tuple[Blocks, Blocks]:
    """The blocks to train on and to validate on, outside memory; without validation text the last tenth is taken.

    length: tokens of a block; what is left at the end of a stream and fills none is left out
    Raises `UsageError` for text too short for blocks.
    """
    train = _blocks(tokenizer, data, "train", length, title, progress)
    if "validation" in data.files:
        return train, _blocks(tokenizer, data, "validation", length, title, progress)
    cut = len(train) // _VALIDATION
    if not cut:
        raise UsageError(
            f"the training text is {len(train)} blocks of {length} tokens: too short to validate on a tenth of it",
            advice="--validation FILE.txt, or a smaller --max-length",
        )
    return Blocks(train.ids[:-cut]), Blocks(train.ids[-cut:])


def _blocks(tokenizer: Tokenizer, data: TextData, split: str, length: int, title: str, progress: Progress) -> Blocks:
    corpus = data.files[split]
    with RaggedWriter(np.int32) as stream, progress.task(title, corpus.path.stat().st_size) as advance:
        for document in corpus:
            for piece in _ids(tokenizer, document):
                stream.append(piece)
                advance(corpus.bytes)
        ids = stream.stream()
    count = len(ids) // length
    if not count:
        raise UsageError(
            f"{corpus.path} has {len(ids)} tokens, fewer than one block of {length}", advice="a smaller --max-length"
        )
    return Blocks(ids[: count * length].reshape(count, length))


def _ids(tokenizer: Tokenizer, pieces: Iterator[str]) -> Iterator[list[int]]:
    """The ids of a document between the tokens that begin and end one; where these are the same it comes once."""
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    if begin is None:
        begin = end
    if begin is not None:
        yield [begin]
    for piece in pieces:
        yield tokenizer(piece, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    if end is not None and end != begin:
        yield [end]
