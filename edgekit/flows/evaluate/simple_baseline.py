"""What a bag of words reaches on the rows that a model was evaluated on, where the training rows are known."""

from __future__ import annotations

import weakref

import numpy as np

from edgekit.data.label_order import same_value
from edgekit.data.splits import PairsOfText, Unnumbered
from edgekit.data.table import Table
from edgekit.io.progress import Progress
from edgekit.measure.accuracy.bag_of_words import EPOCHS, bag_of_words
from edgekit.options.stage_options import SplitName

# what was found of rows, so that several models on the same rows need it once
_known: weakref.WeakKeyDictionary[Unnumbered, dict[str, float]] = weakref.WeakKeyDictionary()


def bag_of_words_accuracy(rows: Unnumbered, split: SplitName, progress: Progress) -> float | None:
    """The accuracy in % on those rows of `split` that are no training rows; None where nothing can be learned."""
    train, asked = rows.tables.get("train"), rows.tables.get(split)
    if split == "train" or train is None or asked is None or len(train.labels) < 2:
        return None
    known = _known.setdefault(rows, {})
    if split not in known:
        shared = rows.shared.get(split)
        unseen = asked if shared is None else asked.take(np.flatnonzero(~shared))
        if not len(unseen):
            return None
        known[split] = _share_right(train, unseen, progress)
    return known[split]


def _share_right(train: Table, asked: Table, progress: Progress) -> float:
    # a label may be written otherwise elsewhere: 1.0 and 1
    names = {name: number for number, name in enumerate(dict.fromkeys(map(same_value, train.labels)))}
    learned = np.array([names[same_value(label)] for label in train.labels])[train.codes]
    wanted = np.array([names.get(same_value(label), -1) for label in asked.labels])[asked.codes]
    with progress.task("a bag of words", EPOCHS) as advance:
        given = bag_of_words(
            PairsOfText(train.texts, train.pairs), learned, PairsOfText(asked.texts, asked.pairs), advance
        )
    return 100 * float((given == wanted).mean())
