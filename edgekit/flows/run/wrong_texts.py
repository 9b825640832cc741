"""Some of the texts that a run's bundle labels wrongly, for its report."""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.data.splits import Unnumbered
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.flows.evaluate.unseen import unseen_rows
from edgekit.flows.predict import predict
from edgekit.flows.run.run_state import Run
from edgekit.options.stage_options import SplitName
from edgekit.report.summary import WrongText

SHOWN = 6
# of a text that is longer the beginning is shown
_LONGEST = 500


def wrong_texts(run: Run) -> tuple[WrongText, ...]:
    """Rows that the first bundle gets wrong, of the pairs of labels that it confuses most; what its words are worth.

    Nothing where the recipe leaves texts out, or where no bundle with single labels was evaluated.
    """
    options = run.recipe.evaluate
    if not run.recipe.report.texts or options is None or run.rows is None:
        return ()
    for bundle in run.bundles:
        if bundle.name in run.evaluations:
            return _of_bundle(bundle, run.rows, options.split, run.evaluations[bundle.name])
    return ()


def examples(evaluation: Evaluation, count: int) -> list[int]:
    """The places of `count` wrong rows: of each pair of labels one, the worst pair first, then the next of each."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for place, (expected, predicted) in enumerate(zip(evaluation.expected, evaluation.predicted, strict=True)):
        if expected != predicted:
            pairs.setdefault((expected, predicted), []).append(place)
    worst = sorted(pairs.values(), key=lambda places: -len(places))
    return [place for place in chain.from_iterable(zip_longest(*worst)) if place is not None][:count]


def _of_bundle(bundle: Path, rows: Unnumbered, split: SplitName, evaluation: Evaluation) -> tuple[WrongText, ...]:
    manifest = BundleFolder(bundle).manifest
    data, _ = unseen_rows(rows, manifest.labels, manifest.head, split, lineage=manifest.lineage)
    asked = data.split(split)
    if [int(label) for label in asked.labels] != evaluation.expected:
        return ()  # it was evaluated on others
    places = examples(evaluation, SHOWN)
    if not places:
        return ()
    texts = list(asked.take(places).pairs_of_text())
    found = []
    for place, (text, pair), said in zip(places, texts, predict(bundle, texts), strict=True):
        expected, predicted = (evaluation.labels[each[place]] for each in (evaluation.expected, evaluation.predicted))
        # where two labels are as probable, another number of threads may say the other one
        if said.label == predicted and said.score is not None:
            found.append(
                WrongText(bundle.name, text[:_LONGEST], pair and pair[:_LONGEST], expected, predicted, said.score)
            )
    return tuple(found)
