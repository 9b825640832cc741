"""Run a recipe: from a model and data to bundles, measurements, verdicts and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.data.splits import Data, Unnumbered, read_data
from edgekit.data.token_blocks import TextData, load_text
from edgekit.errors import UsageError
from edgekit.flows.gate.gate_bundles import gate_bundles
from edgekit.flows.lineage import tool_versions
from edgekit.flows.run.checks import check_recipe
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.flows.run.journal import Journal, lock_run, stage_key
from edgekit.flows.run.reporting import write_report
from edgekit.flows.run.run_evaluate import evaluate_models
from edgekit.flows.run.run_package import make_packages
from edgekit.flows.run.run_profile import profile_bundles
from edgekit.flows.run.run_state import Run
from edgekit.flows.run.stages import export_bundles, train
from edgekit.flows.train.train import rows_to_learn
from edgekit.io.hashing import folder_sha256
from edgekit.io.progress import SILENT, Progress, SaidOnce
from edgekit.io.quantities import duration
from edgekit.measure.evidence import Allowed
from edgekit.measure.metrics import check_problem
from edgekit.models.checkpoint import Checkpoint, open_checkpoint
from edgekit.options.recipe import Recipe, load_recipe
from edgekit.report.summary import Summary
from edgekit.schema.shape import Scratch
from edgekit.tasks.registry import task_named


def run(
    recipe: str | Path | Recipe,
    settings: Sequence[str] = (),
    *,
    out: str | Path | None = None,
    progress: Progress = SILENT,
) -> Summary:
    """Do every stage of a recipe in `out` (default `runs/<name>`) and write `report.html` there.

    recipe:   a shipped recipe's name, the path of one, or a `Recipe`
    settings: `key.key=value` on top of it, as `--set` takes them
    A stage whose inputs and options have not changed since the last call is not done again. The exit code that
    follows from the verdicts is in the summary. Raises `UsageError`, `ToolError` or `DeviceError` as the stages do.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), settings)
    folder = Path(out or Path("runs") / recipe.name)
    check_recipe(recipe)  # before the folder is made
    with lock_run(folder):
        state = begin(recipe, folder, SaidOnce(progress))
        state.journal.record("start", state.key, state.start)
        train(state)
        export_bundles(state)
        with state.timed("evaluate"):
            evaluate_models(state)
        with state.timed("profile"):
            profile_bundles(state)
        state.commands += _reproducing(state)
        allowed = Allowed(data_sha256=state.data.sha256.get("test"))
        state.verdicts = gate_bundles(state.bundles, recipe.budgets, allowed=allowed) if recipe.budgets else []
        with state.timed("package"):
            make_packages(state)
        parts = ", ".join(f"{name} {duration(seconds)}" for name, seconds in state.seconds.items())
        state.progress.say(f"run: {duration(sum(state.seconds.values()))} in all: {parts}")
        return write_report(state)


def _reproducing(state: Run) -> list[str]:
    """For each bundle the command that does its whole lineage again, with the inputs that a manifest only names."""
    start, data = state.recipe.model, state.recipe.data
    own = isinstance(start, str) and Path(start).is_dir() and not open_checkpoint(start).extras.lineage
    given = ({} if data.embedded else data_flags(data)) | ({"model": start} if own else {})
    return [command_line("reproduce", bundle / "manifest.json", **given) for bundle in state.bundles]


def begin(recipe: Recipe, folder: Path, progress: Progress) -> Run:
    """Open model and data, so that bad input is found before anything long begins."""
    start = None if isinstance(recipe.model, Scratch) else open_checkpoint(recipe.model)
    trained = start is not None and recipe.stages.finetune is None
    data, rows = _load(recipe, start if trained else None, progress)
    if isinstance(data, Data):
        for budget in recipe.budgets:
            check_problem(budget, data.problem_type, "--set 'budgets=[{{metric: {}, limit: LIMIT}}]'")
    begun_from = recipe.model_dump(mode="json")["model"] if start is None else folder_sha256(start.path)
    facts = {"model": begun_from, "data": dict(data.sha256), "tools": tool_versions()}
    state = Run(recipe, folder, data, rows, Journal(folder), progress, key=stage_key(*facts.values()), start=facts)
    if state.journal.damaged:
        progress.say(f"the journal of {folder} cannot be read: every stage is done again")
    if start is not None and trained:
        state.models["teacher"] = start.path
    return state


def _load(
    recipe: Recipe, trained: Checkpoint | None, progress: Progress
) -> tuple[Data, Unnumbered] | tuple[TextData, None]:
    """The recipe's data, with the split that it evaluates on; of rows as they were read, too."""
    stages = recipe.stages
    if not task_named(recipe.task).labels:
        text = load_text(recipe.data, learn=bool(stages.finetune or stages.distill or stages.prune))
        if stages.evaluate is not None and stages.evaluate.split not in text.files:
            raise UsageError(f"the data has no {stages.evaluate.split} text to evaluate on", advice="data.test=FILE")
        return text, None
    rows = read_data(recipe.data, progress=progress)
    data = rows.numbered(trained.labels, trained.problem_type) if trained is not None else _to_learn(recipe, rows)
    if stages.evaluate is not None:
        data.split(stages.evaluate.split)
    return data, rows


def _to_learn(recipe: Recipe, rows: Unnumbered) -> Data:
    """The rows as the fine-tuning of the recipe will read them."""
    start = recipe.model if isinstance(recipe.model, Scratch) else open_checkpoint(recipe.model)
    return rows_to_learn(rows, start, recipe.stages.finetune.problem_type if recipe.stages.finetune else None)
