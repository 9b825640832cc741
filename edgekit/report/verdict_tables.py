"""Verdicts as tables: bundles that the same budgets judge stand beside each other, and what is alike is said once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.report import figures
from edgekit.report.figures import clean
from edgekit.report.summary import VerdictRow

# bundles that have room beside each other
_BESIDE = 4
# a command, which has commas and semicolons with a space behind them within quotes alone, and what follows it
_COMMAND = re.compile(r"((?:'[^']*'|[^',;]|[,;](?!\s))+)[,;]\s+(.*)", re.DOTALL)


@dataclass(frozen=True)
class VerdictNote:
    """What is said below a budget of some of its bundles: a sentence, commands to be copied, and words beside them."""

    bundles: tuple[str, ...]
    sentence: str
    commands: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class BudgetRow:
    """One budget, with its verdict on each bundle of a table."""

    verdicts: tuple[VerdictRow, ...]

    @property
    def first(self) -> VerdictRow:
        """One of them, for what they have in common."""
        return self.verdicts[0]

    @property
    def conditions(self) -> str:
        """What the figures of all of them hold for; nothing where it differs."""
        found = {row.conditions for row in self.verdicts}
        return found.pop() if len(found) == 1 else ""

    @property
    def gated(self) -> bool:
        """Whether it decides the exit code."""
        return self.first.verdict.budget.gate

    @property
    def notes(self) -> list[VerdictNote]:
        """Why those that did not pass did not, and what else should be known; each sentence once."""
        return list(_notes(self.verdicts))


@dataclass(frozen=True)
class VerdictTable:
    """Bundles that the same budgets judge, each by one of the verdicts on it, and those budgets."""

    bundles: tuple[VerdictRow, ...]
    budgets: tuple[BudgetRow, ...]


def verdict_tables(rows: Sequence[VerdictRow]) -> list[VerdictTable]:
    """All verdicts, in the order of the bundles."""
    of_bundle: dict[tuple[str, str], list[VerdictRow]] = {}
    for row in rows:
        of_bundle.setdefault((row.bundle, row.format), []).append(row)
    alike: dict[tuple[str, ...], list[list[VerdictRow]]] = {}
    for group in of_bundle.values():
        alike.setdefault(tuple(map(_budget_of, group)), []).append(group)
    return [
        VerdictTable(tuple(group[0] for group in beside), tuple(map(BudgetRow, zip(*beside, strict=True))))
        for groups in alike.values()
        for beside in (groups[start : start + _BESIDE] for start in range(0, len(groups), _BESIDE))
    ]


def command_and_words(advice: str) -> tuple[str, str]:
    """What helps as a command that can be copied whole, and the words that follow it; one of the two may be empty."""
    text = clean(advice)
    if not text.startswith("edgekit "):
        return "", text
    found = _COMMAND.fullmatch(text)
    return (found[1].strip(), found[2]) if found else (text, "")


def _budget_of(row: VerdictRow) -> str:
    budget = row.verdict.budget
    return f"{budget.model_copy(update={'format': None}).text} {budget.gate}"


def _notes(rows: Sequence[VerdictRow]) -> Iterator[VerdictNote]:
    sentences: dict[str, list[VerdictRow]] = {}
    for row in rows:
        verdict = row.verdict
        # that a figure fails is in its cell
        if verdict.outcome != "pass" and (verdict.advice or (verdict.outcome != "fail" and verdict.reason)):
            sentences.setdefault(verdict.reason, []).append(row)
    for sentence, found in sentences.items():
        helps = [command_and_words(row.verdict.advice) for row in found]
        commands = tuple(dict.fromkeys(command for command, _ in helps if command))
        words = "; ".join(dict.fromkeys(words for _, words in helps if words))
        yield VerdictNote(_names(found, rows), clean(sentence), commands, words)
    told = dict.fromkeys(note for row in rows for note in row.verdict.notes)
    for note in told:
        yield VerdictNote(_names([row for row in rows if note in row.verdict.notes], rows), clean(note))


def _names(rows: Sequence[VerdictRow], whole: Sequence[VerdictRow]) -> tuple[str, ...]:
    """Of which bundles something is said; nothing where it is said of all."""
    return () if len(rows) == len(whole) else tuple(figures.shorten(clean(row.bundle), 40) for row in rows)
