"""What a run would do now, and why; nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.flows.run.checks import check_recipe
from edgekit.flows.run.evaluation_cache import cached_evaluation, cached_perplexity
from edgekit.flows.run.journal import INPUT_CHANGES, journal_options
from edgekit.flows.run.run import begin
from edgekit.flows.run.run_evaluate import evaluations
from edgekit.flows.run.run_package import why_packaged
from edgekit.flows.run.run_profile import profile_key, why_again
from edgekit.flows.run.run_state import Run
from edgekit.flows.run.stages import bundles_in, export_key, formats_of, stages
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import SILENT, Progress
from edgekit.options.recipe import Recipe, load_recipe


@dataclass(frozen=True)
class Planned:
    """A stage of a run: `why` says for what reason it would be done, None that it is unchanged."""

    stage: str
    why: str | None


def plan(
    recipe: str | Path | Recipe,
    settings: Sequence[str] = (),
    *,
    out: Path | None = None,
    progress: Progress = SILENT,
) -> list[Planned]:
    """The stages that `run` with the same arguments would go through, in order; raises what `run` would at once."""
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe), settings)
    check_recipe(recipe)
    run = begin(recipe, out or Path("runs") / recipe.name, progress)
    started = run.journal.reason_to_run("start", run.key, run.start)
    planned = _training(run, started)
    planned.append(_export(run, any(stage.why for stage in planned)))
    again = {stage.stage for stage in planned if stage.why}
    planned += _evaluations(run, again)
    planned += _profiles(run, again)
    planned += _packages(run, any(stage.why for stage in planned))
    return [*planned, Planned("report", "written each time")]


def _training(run: Run, started: str | None) -> list[Planned]:
    """The stages that make checkpoints; the first one with another key names what the run starts from anew."""
    planned: list[Planned] = []
    for stage, out in stages(run):
        why = run.journal.reason_to_run(stage.name, run.key, journal_options(stage.options), out)
        if why == INPUT_CHANGES and started and not any(before.why for before in planned):
            why = started
        planned.append(Planned(stage.name, why))
    return planned


def _export(run: Run, inputs_change: bool) -> Planned:
    out = run.folder / "bundles"
    bundles = bundles_in(out)
    why = run.journal.reason_to_run("export", export_key(run), journal_options(run.recipe.export), *bundles or [out])
    why = INPUT_CHANGES if inputs_change and why is None else why
    # an export replaces all that lies there, also what is in a format that the recipe no longer asks for
    run.bundles = bundles if why is None else [out / name for name in formats_of(run.recipe)]
    return Planned("export", why)


def _evaluations(run: Run, again: set[str]) -> Iterator[Planned]:
    options = run.recipe.evaluate
    if options is None:
        return
    reason = run.journal.reason_to_run("evaluate", value_sha256(journal_options(options)), journal_options(options))
    upstream = False
    for name, _, key in evaluations(run, options):
        made_again = "export" if name in {bundle.name for bundle in run.bundles} else name
        upstream = upstream or made_again in again
        cached = cached_perplexity if run.task.generates else cached_evaluation
        known = not upstream and cached(run.folder, name, key) is not None
        yield Planned(f"evaluate {name}", None if known else reason or INPUT_CHANGES)


def _profiles(run: Run, again: set[str]) -> Iterator[Planned]:
    options = run.recipe.stages.profile
    if options is None:
        return
    for bundle in run.bundles:
        name = f"profile {bundle.name}"
        key = profile_key(run, bundle, options)
        why = run.journal.reason_to_run(name, key, journal_options(options), bundle / "measurements")
        if why is None:
            why = INPUT_CHANGES if "export" in again else why_again(run, bundle)
        yield Planned(name, why)


def _packages(run: Run, evaluated_again: bool) -> Iterator[Planned]:
    if run.recipe.package is not None:
        yield Planned("package", INPUT_CHANGES if evaluated_again else why_packaged(run, run.recipe.package))
