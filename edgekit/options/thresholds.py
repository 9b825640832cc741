"""Thresholds as commands and recipes write them: `0.3` for all labels, `toxic=0.3,threat=0.7` for some."""

from __future__ import annotations

from edgekit.errors import UsageError, quoted
from edgekit.schema.base_model import PLAIN_DECIMAL


def parsed_thresholds(text: str | None) -> dict[str | None, float]:
    """The threshold of each label that is named, and of all (None), which stands first.

    Raises `UsageError` for what is no number between 0 and 1.
    """
    found: dict[str | None, float] = {}
    for part in text.split(",") if text is not None else ():
        label, equals, value = part.rpartition("=")
        name = label.strip() if equals else None
        number = float(value) if PLAIN_DECIMAL.fullmatch(value.strip()) else 0.0
        if not 0 < number < 1:
            raise UsageError(
                f"threshold {quoted(part.strip())} is no number between 0 and 1",
                advice="as in --threshold 0.3, or --threshold toxic=0.3,threat=0.7",
            )
        if name in found:
            raise UsageError(f"threshold {quoted(part.strip())} is given twice")
        found[name] = number
    return dict(sorted(found.items(), key=lambda item: item[0] is not None))
