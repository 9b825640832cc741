"""The embedded data set: spoken smart-home commands, made by seeded code, 16 intents and `out_of_scope`.

It needs no download and no licence, and it is hard in the way that spoken language is: in a good third of the
rows only word order or negation tells which of two things is wanted *now* (the rule is in `hard.py`), so a bag of
words stays far behind a transformer. Wording is split by template: what is tested was never seen in training.

Every possible sentence belongs to one split only, by its CRC-32. So no text can be in two splits, whatever the
seeds and sizes, and no split has to be generated to know what another must avoid.
"""

import random
import zlib
from typing import NamedTuple

from edgekit.data.smart_home.hard import hard_row, hard_templates
from edgekit.data.smart_home.noise import say
from edgekit.data.smart_home.slots import LABELS, OUT_OF_SCOPE
from edgekit.data.smart_home.templates import easy_row, easy_templates
from edgekit.options.stage_options import SplitName

__all__ = ["LABELS", "OUT_OF_SCOPE", "Example", "generate", "templates"]

DEFAULT_ROWS: dict[SplitName, int] = {"train": 16_000, "validation": 2_000, "test": 4_000}
HARD_SHARE = 0.37
MOST_WORDS = 32

# The splits that a text's CRC-32 modulo 4 allows.
QUARTERS: tuple[SplitName, ...] = ("train", "train", "validation", "test")


class Example(NamedTuple):
    """One row; `hard` marks those whose label only word order or negation decides."""

    text: str
    label: str
    hard: bool


def generate(split: SplitName, rows: int | None = None, seed: int = 0) -> list[Example]:
    """The rows of a split: the same on every machine and Python for the same arguments, no text twice."""
    wanted = DEFAULT_ROWS[split] if rows is None else rows
    rng = random.Random(seed * len(DEFAULT_ROWS) + list(DEFAULT_ROWS).index(split))
    texts: set[str] = set()
    examples: list[Example] = []
    while len(examples) < wanted:
        hard = rng.random() < HARD_SHARE
        text, label = _new_row(split, hard, texts, rng)
        texts.add(text)
        examples.append(Example(text, label, hard))
    return examples


def templates(split: SplitName) -> tuple[str, ...]:
    """Every template string of a split, for the proof that no two splits share one."""
    return (*easy_templates(split), *hard_templates(split))


def _new_row(split: SplitName, hard: bool, texts: set[str], rng: random.Random) -> tuple[str, str]:
    """Draw until the text is new, short enough and this split's own."""
    while True:
        clean, label = hard_row(split, rng) if hard else easy_row(split, rng)
        text = say(clean, rng)
        mine = QUARTERS[zlib.crc32(text.encode()) % len(QUARTERS)] == split
        if mine and text not in texts and len(text.split()) <= MOST_WORDS:
            return text, label
