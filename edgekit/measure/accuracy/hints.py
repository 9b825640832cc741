"""What a person should know of a classifier's figures: sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.bundle.evaluation import Accuracy
from edgekit.io.printable import visible_name

# labels that a hint names
_NAMED = 5


def evaluation_hints(record: Accuracy) -> Iterator[str]:
    """Of an evaluation: worse than what is had for nothing, and labels that never came."""
    most = max(record.classes, key=lambda score: score.rows, default=None)
    if most is not None and record.accuracy <= 100 * most.rows / record.rows:
        yield (
            f"the model is no better than saying {visible_name(most.label)} always, which {most.rows:,} of the "
            f"{record.rows:,} rows have ({100 * most.rows / record.rows:.2f} %)"
        )
    elif record.bag_of_words is not None and record.accuracy < record.bag_of_words:
        yield (
            f"a bag of words does better ({record.bag_of_words:.2f} %): train longer, at another learning rate, "
            "or from another model"
        )
    silent = [score.label for score in record.classes if score.rows and not score.predicted]
    if silent:
        yield never_predicted(silent, record.split)


def never_predicted(labels: Sequence[str], split: str) -> str:
    """Of labels that rows of a split have and that were given to none."""
    named = ", ".join(map(visible_name, labels[:_NAMED])) + (", ..." if len(labels) > _NAMED else "")
    which = f"label {named} was" if len(labels) == 1 else f"{len(labels)} labels were"
    listed = "" if len(labels) == 1 else f" ({named})"
    return (
        f"{which} never predicted{listed} though {split} rows have {'it' if len(labels) == 1 else 'them'}: more rows "
        "of such, longer training, or --class-weights balanced"
    )


def simple_rivals(record: Accuracy) -> str:
    """In words what is had for nothing on the same rows; nothing where it is not known."""
    known = [] if record.bag_of_words is None else [f"a bag of words has {record.bag_of_words:.2f} %"]
    if record.classes:
        most = max(record.classes, key=lambda score: score.rows)
        known.append(f"the most frequent label {100 * most.rows / record.rows:.2f} %")
    return ", ".join(known)
