"""What was understood of a data set, to be shown before anything long begins: columns, rows, labels, text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgekit.bundle.training_record import DataFacts, SplitFacts, TokenLengths
from edgekit.data.splits import Data, Split
from edgekit.data.token_blocks import Blocks, TextData
from edgekit.data.tokens import Rows
from edgekit.io.printable import visible_name
from edgekit.io.quantities import percent
from edgekit.options.data_options import SPLIT_NAMES
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION

# labels that a line names, the most frequent and the rarest
_NAMED = 8


def data_facts(data: Data | TextData) -> DataFacts:
    """The facts of labelled rows, or of text."""
    if isinstance(data, TextData):
        splits = {
            name: SplitFacts(rows=corpus.documents, bytes=corpus.bytes, document=corpus.document)
            for name, corpus in data.files.items()
        }
        return DataFacts(name=data.name, splits=splits)
    splits = {name: _split_facts(data, name, split) for name in SPLIT_NAMES if len(split := getattr(data, name))}
    return DataFacts(
        name=data.name, columns={key: value for key, value in data.columns.items() if value}, splits=splits
    )


def _split_facts(data: Data, name: str, split: Split) -> SplitFacts:
    shared = int(data.shared[name].sum()) if name in data.shared else 0
    return SplitFacts(rows=len(split), labels=_label_counts(data, split), shared=shared)


def _label_counts(data: Data, split: Split) -> dict[str, int]:
    if data.problem_type == REGRESSION:
        return {}
    labels = np.asarray(split.labels)
    if data.problem_type == MULTI_LABEL:
        counts = (labels > 0).sum(axis=0)
    else:
        counts = np.bincount(labels, minlength=len(data.labels))
    order = np.argsort(-counts, kind="stable")
    return {data.labels[place]: int(counts[place]) for place in order}


def token_lengths(rows: Rows | Blocks) -> TokenLengths:
    """How long tokenized rows are, and how many were cut; blocks of text are all as long."""
    whole, most, truncated = rows.lengths, None, 0
    if isinstance(rows, Rows):
        whole, most, truncated = rows.whole_lengths, rows.max_length, rows.truncated
    p50, p95 = np.percentile(whole, [50, 95])
    longest = int(whole.max())
    return TokenLengths(
        rows=len(rows),
        p50=float(p50),
        p95=float(p95),
        longest=longest,
        max_length=most or longest,
        truncated=truncated,
    )


def said(facts: DataFacts) -> Iterator[str]:
    """The facts in lines for a person."""
    taken = [f"{name.replace('_', ' ')} from {visible_name(column)}" for name, column in facts.columns.items()]
    yield f"data {visible_name(facts.name)}" + (f": {', '.join(taken)}" if taken else "")
    for name, split in facts.splits.items():
        if split.bytes is not None:
            documents = "1 document" if split.rows == 1 else f"{split.rows:,} documents"
            yield f"  {name}: {documents} (each is {split.document}), {split.bytes / 1e6:,.2f} MB of text"
            continue
        labels = f"; {_shares(split)}" if split.labels else ""
        yield f"  {name}: {split.rows:,} {'row' if split.rows == 1 else 'rows'}{labels}"


def lengths_said(lengths: TokenLengths) -> str:
    """How long the training rows are, or the blocks of a text, in a line for a person."""
    if lengths.p50 == lengths.p95 == lengths.max_length == lengths.longest and not lengths.truncated:
        return f"{lengths.rows:,} blocks of {lengths.max_length:,} tokens"
    line = f"a training row has {lengths.p50:,.0f} tokens at the median, {lengths.p95:,.0f} at p95; "
    if not lengths.truncated:
        return f"{line}none is longer than {lengths.max_length:,}"
    share = percent(lengths.truncated, lengths.rows)
    return f"{line}{lengths.truncated:,} ({share}) are longer than {lengths.max_length:,} and are cut"


def _shares(split: SplitFacts) -> str:
    """The labels with their shares, of many the most frequent and the rarest."""
    named = [
        f"{visible_name(label)} {100 * count / max(split.rows, 1):.1f} %" for label, count in split.labels.items()
    ]
    if len(named) > _NAMED:
        named = [*named[: _NAMED - 2], f"... ({len(named) - _NAMED + 1} more)", named[-1]]
    return f"{len(split.labels)} labels: {', '.join(named)}"
