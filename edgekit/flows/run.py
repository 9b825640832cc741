"""Run a recipe: from a model and data to bundles, measurements, verdicts and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.data.splits import load_data
from edgekit.flows.gate import gate
from edgekit.flows.journal import Journal, claim, key_of
from edgekit.flows.measures import evaluate_all, profile_all
from edgekit.flows.reporting import write_report
from edgekit.flows.stages import export_bundles, train
from edgekit.flows.state import Run
from edgekit.models.checkpoint import open_checkpoint
from edgekit.report.summary import Summary
from edgekit.spec.hashing import folder_sha256
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.recipe import Recipe, load_recipe
from edgekit.spec.shape import Scratch


def run(
    recipe: str | Path | Recipe,
    settings: Sequence[str] = (),
    *,
    out: Path | None = None,
    progress: Progress = SILENT,
) -> Summary:
    """Do every stage of a recipe in `out` (default `runs/<name>`) and write `report.html` there.

    recipe:   a shipped recipe's name, the path of one, or a `Recipe`
    settings: `key.key=value` on top of it, as `--set` takes them
    A stage whose inputs and options have not changed since the last call is not done again. The exit code that
    follows from the verdicts is in the summary. Raises `UsageError`, `ToolError` or `DeviceError` as the stages do.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), settings)
    folder = out or Path("runs") / recipe.name
    with claim(folder):
        state = _begin(recipe, folder, progress)
        train(state)
        export_bundles(state)
        evaluate_all(state)
        profile_all(state)
        if recipe.budgets:
            state.verdicts = [verdict for bundle in state.bundles for verdict in gate(bundle, recipe.budgets)]
        return write_report(state)


def _begin(recipe: Recipe, folder: Path, progress: Progress) -> Run:
    """Open model and data, so that bad input is found before anything long begins."""
    start = None if isinstance(recipe.model, Scratch) else open_checkpoint(recipe.model)
    trained = start is not None and recipe.stages.finetune is None
    data = load_data(recipe.data, labels=start.labels if start is not None and trained else None)
    state = Run(recipe, folder, data, Journal(folder), progress, key="")
    if start is None:
        state.key = key_of(recipe.model_dump(mode="json")["model"], data.sha256)
    else:
        state.key = key_of(folder_sha256(start.path), data.sha256)
    if start is not None and trained:
        state.models["teacher"] = start.path
    return state
