"""What models get wrong, in cells: their classes, pairs of labels that are confused, and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bundle.evaluation import ClassScore
from edgekit.measure.accuracy.classification import ConfusedPair
from edgekit.report import figures
from edgekit.report.figures import NONE, clean
from edgekit.report.summary import Mistakes, WrongText

Cells = tuple[str, ...]

CLASSES: Cells = ("label", "rows", "precision %", "recall %", "F1 %")
CONFUSIONS: Cells = ("was", "taken for", "rows", "of")
WRONG_TEXTS: Cells = ("text", "label", "taken for", "with %")
# pairs of labels that are shown of those that are known
SHOWN_PAIRS = 8


def worst_first(classes: Sequence[ClassScore]) -> list[ClassScore]:
    """Classes by their F1, the lowest first; those that have none come last."""
    return sorted(classes, key=lambda row: (row.f1 is None, row.f1))


def class_cells(row: ClassScore) -> Cells:
    """A row below `CLASSES`."""
    shares = (NONE if share is None else f"{share:.1f}" for share in (row.precision, row.recall))
    return clean(row.label), f"{row.rows:,}", *shares, "\n".join(filter(None, figures.class_f1(row)))


def confusion_cells(pair: ConfusedPair) -> Cells:
    """A row below `CONFUSIONS`."""
    return clean(pair.expected), clean(pair.predicted), f"{pair.rows:,}", f"{pair.support:,}"


@dataclass(frozen=True)
class ConfusionRow:
    """Two labels, and in how many rows each model takes the one for the other; `support` rows have the first.

    rows: as text; of a model that has other pairs more often `at most` how many
    """

    expected: str
    predicted: str
    rows: tuple[str, ...]
    support: int
    most: int


def confusions_beside(mistakes: Sequence[Mistakes], count: int = SHOWN_PAIRS) -> list[ConfusionRow]:
    """The pairs that were confused most in all models together, the worst first."""
    known = [{(pair.expected, pair.predicted): pair.rows for pair in made.pairs} for made in mistakes]
    supports = {(pair.expected, pair.predicted): pair.support for made in mistakes for pair in made.pairs}
    worst = sorted(supports, key=lambda key: -sum(of_model.get(key, 0) for of_model in known))
    return [
        ConfusionRow(
            clean(key[0]),
            clean(key[1]),
            tuple(_rows_of_pair(key, of_model) for of_model in known),
            supports[key],
            max(of_model.get(key, 0) for of_model in known),
        )
        for key in worst[:count]
    ]


def _rows_of_pair(key: tuple[str, str], of_model: dict[tuple[str, str], int]) -> str:
    """Pairs that are not listed have no more rows than the last one that is."""
    if key in of_model:
        return f"{of_model[key]:,}"
    return f"≤ {min(of_model.values()):,}" if of_model else "0"


def wrong_text_cells(row: WrongText) -> Cells:
    """A row below `WRONG_TEXTS`."""
    text = clean(row.text) if row.pair is None else f"{clean(row.text)}\n{clean(row.pair)}"
    return text, clean(row.label), clean(row.predicted), f"{100 * row.probability:.0f}"
