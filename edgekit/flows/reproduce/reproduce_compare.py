"""How what was made again agrees with what was recorded: by hashes, and where those differ, by accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.bundle.manifest import Manifest, Step
from edgekit.data.splits import Data
from edgekit.flows.evaluate.accuracy import Evaluation, accuracy
from edgekit.flows.reproduce.lineage_replay import LineageSource
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import Progress
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.proportions import Agreement, accuracy_difference, accuracy_drop, agreement
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions, SplitName

ReproductionVerdict = Literal["identical"] | Agreement
# points of accuracy that two models may differ by and still be taken for equivalent
WITHIN = 1.0


@dataclass(frozen=True)
class AccuracyComparison:
    """Accuracy in % on the rows of one split, and the points lost with their 95 % interval.

    paired: whether both models answered the rows here, so that they are compared row by row
    """

    split: str
    rows: int
    recorded: float
    reproduced: float
    lost: Estimate
    paired: bool


@dataclass(frozen=True)
class StageReproduction:
    """A stage that was run again: sha256 by file as recorded and as made here, and what else may differ.

    tools: what has another version here, or is another machine: (recorded, here), None where there is none
    within: points of accuracy that count as no difference
    """

    stage: str
    recorded: dict[str, str]
    reproduced: dict[str, str]
    comparison: AccuracyComparison | None
    tools: dict[str, tuple[str | None, str | None]]
    within: float = WITHIN

    @property
    def differing(self) -> list[str]:
        """The files that are not the same."""
        names = sorted(self.recorded.keys() | self.reproduced.keys())
        return [name for name in names if self.recorded.get(name) != self.reproduced.get(name)]

    @property
    def recorded_sha256(self) -> str:
        """One hash of all that was recorded."""
        return value_sha256(self.recorded)

    @property
    def reproduced_sha256(self) -> str:
        """One hash of all that was made here."""
        return value_sha256(self.reproduced)

    @property
    def verdict(self) -> ReproductionVerdict:
        """Identical files, or what the interval of the points lost says of `within` (`proportions.agreement`)."""
        if not self.differing:
            return "identical"
        return "cannot be told" if self.comparison is None else agreement(self.comparison.lost, self.within)


def exit_code(outcomes: list[StageReproduction]) -> int:
    """0: what came of it is identical or proven equivalent; 1: some stage differs; 3: that cannot be told."""
    last = outcomes[-1].verdict
    if last == "identical":
        return 0
    if any(outcome.verdict == "different" for outcome in outcomes):
        return 1
    return 3 if last == "cannot be told" else 0


def bundle_hashes(manifest: Manifest) -> dict[str, str]:
    """What of a bundle decides its answers: the model file, the tokenizer and the labels."""
    files = (manifest.model_file, "tokenizer.json")
    return {name: manifest.files[name].sha256 for name in files} | {"labels": value_sha256(manifest.labels)}


def other_tools(recorded: Step, here: Step) -> dict[str, tuple[str | None, str | None]]:
    """Tools and parts of the machine that are not the same in both steps."""
    before, now = recorded.tools | recorded.machine, here.tools | here.machine
    names = dict.fromkeys([*before, *now])
    return {name: (before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)}


def compare_validation(recorded: Step, here: Step) -> AccuracyComparison | None:
    """By the accuracies that training itself saw on its validation rows, where both steps recorded one.

    Never in pairs: a step records how many rows were right, not which.
    """
    before, now = recorded.validation, here.validation
    if before is None or now is None or before.accuracy is None or now.accuracy is None:
        return None
    return _unpaired("validation", (before.rows, before.accuracy), (now.rows, now.accuracy))


def compare_last(
    source: LineageSource, again: Path, data: DataSpec, rows: Data, progress: Progress
) -> AccuracyComparison | None:
    """What the lineage ended in against what was made `again`, on rows that are at hand.

    In pairs if the original lies beside its manifest, else by an accuracy that the manifest records; None where there
    is neither. Nothing is written into the original.
    """
    records = source.manifest.accuracy if source.manifest is not None else ()
    known = next((each for each in records if rows.sha256.get(each.split) == each.data_sha256), None)
    split: SplitName = known.split if known else ("test" if len(rows.test) else "validation")
    options = EvaluateOptions(split=split)
    if source.folder is not None:
        before = accuracy(source.folder, data, options, record=False, progress=progress)
        return _paired(split, before, accuracy(again, data, options, progress=progress))
    if known is None:
        return None
    now = accuracy(again, data, options, progress=progress).accuracy
    return _unpaired(split, (known.rows, known.accuracy), (now.rows, now.accuracy))


def _paired(split: str, before: Evaluation, now: Evaluation) -> AccuracyComparison:
    lost = accuracy_drop(before.right, now.right)
    return AccuracyComparison(split, len(now.right), before.accuracy.accuracy, now.accuracy.accuracy, lost, True)


def _unpaired(split: str, before: tuple[int, float], now: tuple[int, float]) -> AccuracyComparison:
    """Two accuracies as (rows, %)."""
    lost = accuracy_difference(_counts(*before), _counts(*now))
    return AccuracyComparison(split, before[0], before[1], now[1], lost, False)


def _counts(rows: int, accuracy: float) -> tuple[int, int]:
    return round(rows * accuracy / 100), rows
