"""What a run evaluates: every model and bundle on the same rows or the same text, whatever its task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.data.splits import Data, Unnumbered
from edgekit.flows.evaluate.accuracy import Evaluation, accuracy
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.evaluate.head_evaluation import evaluate_head
from edgekit.flows.evaluate.perplexity import Baselines
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.flows.run.evaluation_cache import cached_evaluation, cached_perplexity, keep_evaluation, keep_perplexity
from edgekit.flows.run.journal import identity, journal_options, stage_key
from edgekit.flows.run.run_state import Run
from edgekit.io.hashing import value_sha256
from edgekit.options.stage_options import EvaluateOptions
from edgekit.tasks.problem_type import SINGLE_LABEL

# raised when the figures of the same model on the same rows become others: 2 leaves training rows out
_FIGURES = 2


def evaluate_models(run: Run) -> None:
    """Evaluate every checkpoint and bundle, against the teacher and any baseline that a budget names.

    What is known already is read back.
    """
    options = run.recipe.evaluate
    if options is None:
        return
    if run.rows is None:
        _evaluate_language_models(run, options)
    elif isinstance(run.data, Data) and run.data.problem_type != SINGLE_LABEL:
        _evaluate_heads(run, run.rows, options)
    else:
        _evaluate_classifiers(run, run.rows, options)
    run.journal.record("evaluate", value_sha256(journal_options(options)), journal_options(options))


def _evaluate_classifiers(run: Run, rows: Unnumbered, options: EvaluateOptions) -> None:
    data = run.recipe.data
    against: dict[str, Evaluation] = {}
    for name, path, key in evaluations(run, options):
        found = cached_evaluation(run.folder, name, key)
        if found is None:
            found = accuracy(path, rows, options, against=against, progress=run.progress)
            keep_evaluation(run.folder, name, key, found)
        else:
            run.progress.say(f"evaluate {name}: unchanged")
        if path in run.bundles:
            BundleFolder(path).record(found.accuracy)
        elif name in baselines(run):
            against[name] = found
        run.evaluations[name] = found
        teacher = f"teacher={run.models['teacher']}" if name != "teacher" else None
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data), against=teacher))


def _evaluate_heads(run: Run, rows: Unnumbered, options: EvaluateOptions) -> None:
    """Each model by itself; one that was evaluated already is evaluated again, as nothing is kept of it."""
    data = run.recipe.data
    for name, path, _ in evaluations(run, options):
        run.heads[name] = evaluate_head(path, rows, options, progress=run.progress)
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data)))


def _evaluate_language_models(run: Run, options: EvaluateOptions) -> None:
    data = run.recipe.data
    against = Baselines({})
    for name, path, key in evaluations(run, options):
        found = cached_perplexity(run.folder, name, key)
        if found is None:
            found = evaluate(path, data, options, against=against, progress=run.progress)
            keep_perplexity(run.folder, name, key, found)
        else:
            run.progress.say(f"evaluate {name}: unchanged")
            if path in run.bundles:
                BundleFolder(path).record(found)
        run.perplexities[name] = found
        teacher = f"teacher={against.models['teacher']}" if "teacher" in against.models else None
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data), against=teacher))
        if name in baselines(run):
            against.models[name] = path


def evaluations(run: Run, options: EvaluateOptions) -> Iterator[tuple[str, Path, str]]:
    """Name and path of each model and bundle, with the key under which its evaluation is kept.

    A key holds all that was evaluated before, as accuracies are compared with those.
    """
    key = stage_key(_FIGURES, dict(run.data.sha256), options.model_dump(mode="json"), sorted(baselines(run)))
    for name, path in [*run.models.items(), *((bundle.name, bundle) for bundle in run.bundles)]:
        key = stage_key(key, identity(path))
        yield name, path, key


def baselines(run: Run) -> set[str]:
    """The models that those after them are compared with, by their part in the run."""
    return {"teacher", *(budget.baseline for budget in run.recipe.budgets if budget.baseline)}
