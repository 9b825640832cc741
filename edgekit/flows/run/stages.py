"""The stages of a run from checkpoint to checkpoint, and the one from checkpoint to bundles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle.manifest import Manifest
from edgekit.data.texts import as_given
from edgekit.data.token_blocks import TextData
from edgekit.errors import UsageError
from edgekit.flows.export import export
from edgekit.flows.lineage import options_and_inputs
from edgekit.flows.quantize import quantize
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.flows.run.journal import journal_options, stage_key
from edgekit.flows.run.run_state import Run
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.flows.train.training_dir import drop_training
from edgekit.models.checkpoint import open_checkpoint
from edgekit.models.model_task import must_be_named
from edgekit.options.recipe import Recipe
from edgekit.options.stage_options import QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.base_model import Strict
from edgekit.schema.resources import load_target
from edgekit.schema.schemes import FormatName
from edgekit.schema.shape import Scratch
from edgekit.tasks.task import TaskName

# validation texts that become golden cases of every bundle
GOLDEN_TEXTS = 16


@dataclass(frozen=True)
class RunStage:
    """One stage: the model it makes, its options, how it is made, and the command line that does the same."""

    name: str
    options: Strict
    make: Callable[[Path], object]
    command: str


def train(run: Run) -> None:
    """Do every stage from checkpoint to checkpoint that the recipe has, unless the journal knows it is done."""
    for stage, out in stages(run):
        run.commands.append(stage.command)
        if run.journal.is_done(stage.name, run.key, out):
            run.progress.say(f"{stage.name}: unchanged, {out}")
            # what is left if it was killed when it had just come to its end
            drop_training(out)
        else:
            refuse_foreign(run, stage.name, out)
            run.journal.begin(stage.name, run.key, journal_options(stage.options), out)
            with run.timed(stage.name):
                stage.make(out)
        run.journal.record(stage.name, run.key, journal_options(stage.options), out)
    run.journal.forget({"teacher", "student", "pruned", "quantized"} - run.models.keys())


def stages(run: Run) -> Iterator[tuple[RunStage, Path]]:
    """Each stage from checkpoint to checkpoint with its place; `run` has its key then, and afterwards its model."""
    for stage in _stages(run):
        run.key = stage_key(run.key, stage.name, options_and_inputs(stage.options))
        yield stage, run.folder / stage.name
        run.models[stage.name] = run.folder / stage.name


def refuse_foreign(run: Run, stage: str, out: Path) -> None:
    """Raise `UsageError` for a folder that lay here before this run ever wrote one: it is somebody's."""
    if out.exists() and not run.journal.knows(stage):
        raise UsageError(f"{out} exists and this run did not make it", advice="give the run another folder: -o")


def _stages(run: Run) -> Iterator[RunStage]:
    """One by one, as each starts from what those before it have made."""
    stages = run.recipe.stages
    if stages.finetune:
        yield _finetune(run, stages.finetune)
    if stages.distill:
        yield _distill(run, stages.distill)
    if stages.prune:
        yield _prune(run, stages.prune)
    if run.recipe.quantize:
        yield _quantize(run, run.recipe.quantize)


def _finetune(run: Run, options: FinetuneOptions) -> RunStage:
    start, data = run.recipe.model, run.recipe.data
    options = _for_task(options, start, run.recipe.task)
    scratch = {"scratch": start} if isinstance(start, Scratch) else {}
    arguments = [] if isinstance(start, Scratch) else [start]
    return RunStage(
        "teacher",
        options,
        lambda out: finetune(start, data, out, options, force=True, progress=run.progress),
        command_line("finetune", *arguments, options=options, **scratch, **data_flags(data), o=run.folder / "teacher"),
    )


def _for_task(options: FinetuneOptions, start: str | Scratch, task: TaskName) -> FinetuneOptions:
    """The options with the recipe's task, where a model of this family is by itself taken for one of another."""
    family = (start if isinstance(start, Scratch) else open_checkpoint(start)).family
    needed = options.task is None and must_be_named(task, family)
    return options.model_copy(update={"task": task}) if needed else options


def _distill(run: Run, options: DistillOptions) -> RunStage:
    teacher, data = run.models["teacher"], run.recipe.data
    return RunStage(
        "student",
        options,
        lambda out: distill(teacher, data, out, options, force=True, progress=run.progress),
        command_line("distill", teacher, options=options, **data_flags(data), o=run.folder / "student"),
    )


def _prune(run: Run, options: PruneOptions) -> RunStage:
    source, guide, data = run.newest, run.models["teacher"], run.recipe.data
    return RunStage(
        "pruned",
        options,
        lambda out: prune(source, data, out, options, teacher=guide, force=True, progress=run.progress),
        command_line("prune", source, options=options, teacher=guide, **data_flags(data), o=run.folder / "pruned"),
    )


def _quantize(run: Run, options: QuantizeOptions) -> RunStage:
    source = run.newest
    return RunStage(
        "quantized",
        options,
        lambda out: quantize(source, out, options, force=True, progress=run.progress),
        command_line("quantize", source, options=options, o=run.folder / "quantized"),
    )


def export_bundles(run: Run) -> None:
    """Export the newest checkpoint in every format asked for, unless the journal knows it is done."""
    source, options, out = run.newest, run.recipe.export, run.folder / "bundles"
    key = export_key(run)
    run.commands.append(command_line("export", source, options=options, o=out))
    run.bundles = bundles_in(out)
    if run.bundles and run.journal.is_done("export", key, *run.bundles):
        run.progress.say(f"export: unchanged, {out}")
        run.journal.record("export", key, journal_options(options), *run.bundles)
        return
    refuse_foreign(run, "export", out)
    run.journal.begin("export", key, journal_options(options), *run.bundles)
    with run.timed("export"):
        export(source, out, options, name=run.recipe.name, golden=_golden(run), force=True, progress=run.progress)
    run.bundles = bundles_in(out)
    for bundle in run.bundles:
        manifest = Manifest.of(bundle)
        run.progress.say(f"export: {manifest.size_mb:.2f} MB, {manifest.scheme}, {bundle}")
    run.journal.record("export", key, journal_options(options), *run.bundles)


def _golden(run: Run) -> list[str | tuple[str, str]]:
    """Validation texts; a language model has prompts of edgekit's own."""
    if isinstance(run.data, TextData):
        return []
    return as_given(run.data.split("validation").pairs_of_text()[:GOLDEN_TEXTS])


def export_key(run: Run) -> str:
    """The key of the export, once those of all stages before it are in `run`; bundles bear the recipe's name."""
    return stage_key(run.key, "export", options_and_inputs(run.recipe.export), run.recipe.name)


def bundles_in(folder: Path) -> list[Path]:
    """The bundles that an export has written into `folder`."""
    return sorted(path.parent for path in folder.glob("*/manifest.json"))


def formats_of(recipe: Recipe) -> list[FormatName]:
    """The formats that a recipe asks for: one, or what the runtimes of its target read."""
    if recipe.export.format != "all":
        return [recipe.export.format]
    return sorted(load_target(recipe.export.target).formats)
