"""Export: from a checkpoint to one proven bundle for each format that a target reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.agent.inference.problem_type import USUAL_THRESHOLD
from edgekit.bundle.product_name import product_name
from edgekit.errors import UsageError, unknown_name
from edgekit.flows.lineage import next_step
from edgekit.io.atomic import check_output, new_folder
from edgekit.io.progress import SILENT, Progress
from edgekit.models.encoder import rarer_attention
from edgekit.models.input_length import longest_input
from edgekit.models.registry import family
from edgekit.options.export_options import ExportOptions
from edgekit.options.input_files import input_files
from edgekit.options.model_ref import ModelRef
from edgekit.options.thresholds import parsed_thresholds
from edgekit.parts import require_torch
from edgekit.schema.base_model import read_mapping
from edgekit.schema.families import ENCODERS, FAMILIES
from edgekit.schema.plan import Plan
from edgekit.schema.resources import load_target
from edgekit.schema.schemes import FormatName, Scheme
from edgekit.schema.target import Target
from edgekit.tasks.problem_type import MULTI_LABEL, PROBLEMS
from edgekit.tasks.task import Task

if TYPE_CHECKING:
    from edgekit.bundle.manifest import Step
    from edgekit.export.lowering import Lowering
    from edgekit.models.checkpoint import Checkpoint

# the cache of a decoder is laid out for the whole context: at this length some 75 MB for GPT-2
_CONTEXT = 1024


def export(
    model: str | Path | ModelRef,
    out: str | Path | None = None,
    options: ExportOptions | None = None,
    *,
    name: str | None = None,
    golden: Sequence[str | tuple[str, str]] = (),
    force: bool = False,
    progress: Progress = SILENT,
) -> list[Path]:
    """Write `out/onnx` and `out/tflite`, or the one asked for; `out` is `<checkpoint>-<target>` by default.

    `name` is what the bundles are called; None takes the checkpoint's, or what is known of one called after a stage.
    `golden` are texts, or pairs of texts, that any runtime must answer as the checkpoint does; hard ones are added.
    Raises `UsageError` for bad input, a scheme that the target does not execute correctly or an existing `out`,
    `ParityError` where a file does not reproduce its reference; nothing is left then.
    """
    require_torch()
    from edgekit.export.bundle import build_bundle
    from edgekit.export.source import Source
    from edgekit.models.checkpoint import load_model, load_tokenizer, open_checkpoint
    from edgekit.models.model_task import resolve_task

    options = options or ExportOptions()
    target = load_target(options.target)
    checkpoint = open_checkpoint(model)
    source_name = ModelRef.of(model).source
    out = Path(out or _default_out(source_name, target))
    check_output(out, force=force, sources=[checkpoint.path, *input_files(options)])
    task = resolve_task(checkpoint)
    choice = _choose(checkpoint, target, options, task)
    tokenizer, loaded = load_tokenizer(checkpoint), load_model(checkpoint, task)
    plan, scales = _quantized(checkpoint, loaded, tokenizer, choice, progress)
    possible = longest_input(loaded, tokenizer)
    name = name or product_name(_name(source_name), checkpoint.extras.lineage, checkpoint.path.resolve(), task.name)
    longest = _max_length(possible, _usual_length(target, task), options)
    notes = (*choice.notes, *_length_notes(possible, longest, options, task))
    thresholds = _thresholds(checkpoint, task, options.threshold)
    lineage = next_step("export", options, checkpoint, target=target, golden=golden)
    source = Source(loaded, tokenizer, name, plan, scales, lineage, notes, task=task, thresholds=thresholds)
    source = replace(source, pairs=_of_pairs(lineage, golden))
    with new_folder(out, force=force) as folder:
        for lowering in choice.lowerings:
            (folder / lowering.format).mkdir()
            with progress.task(f"export {lowering.format}"):
                build_bundle(source, lowering.up_to(longest), target, folder / lowering.format, golden=golden)
    return [out / lowering.format for lowering in choice.lowerings]


def _of_pairs(lineage: Sequence[Step], golden: Sequence[str | tuple[str, str]]) -> bool | None:
    """Whether a classifier reads pairs of texts, as the rows say that it learned from, or golden ones."""
    learned = [step.pairs for step in lineage if step.pairs is not None]
    kinds = {isinstance(text, tuple) for text in golden} if not learned else {learned[-1]}
    return kinds.pop() if len(kinds) == 1 else None


@dataclass(frozen=True)
class _Choice:
    """What will be written: the scheme, one lowering a format, the calibration texts, what a person should know."""

    scheme: Scheme
    lowerings: tuple[Lowering, ...]
    calibration: tuple[str | tuple[str, str], ...]
    notes: tuple[str, ...]


def _choose(checkpoint: Checkpoint, target: Target, options: ExportOptions, task: Task) -> _Choice:
    from edgekit.data.texts import as_given, read_texts

    plan = checkpoint.extras.plan
    notes: list[str] = []
    calibration = tuple(as_given(read_texts(options.calibrate))) if options.calibrate else ()
    if plan is not None:
        if options.scheme not in ("auto", plan.scheme):
            raise UsageError(
                f"{checkpoint.path} is already quantized as {plan.scheme}; it cannot be exported as {options.scheme}",
                advice="leave --scheme out, or export the checkpoint it was made from",
            )
        scheme = plan.scheme
    else:
        scheme = target.scheme.get(task.name, "int8-dynamic") if options.scheme == "auto" else options.scheme
        if not _can_be_taken_apart(checkpoint):
            return _unknown_family(checkpoint, target, options, task)
        if scheme == "int8-static" and not calibration and not task.generates:
            scheme = "int8-dynamic"
            notes.append("int8-static needs texts to calibrate with (--calibrate); stored as int8-dynamic instead")
    lowerings, skipped = _lowerings(target, scheme, options)
    return _Choice(scheme, lowerings, calibration, (*notes, *skipped))


def _thresholds(checkpoint: Checkpoint, task: Task, given: str | None) -> tuple[float, ...]:
    """From which score on each label of a multi-label checkpoint holds: as given, else 0.5.

    Raises `UsageError` for thresholds of any other model, and `NotFoundError` for those of a label that it lacks.
    """
    if not task.labels or checkpoint.problem_type != MULTI_LABEL:
        if given is not None:
            noun = PROBLEMS[checkpoint.problem_type] if task.labels else task.noun
            raise UsageError(
                f"{checkpoint.path} is a {noun}: only a multi-label classifier has thresholds",
                advice="leave --threshold out",
            )
        return ()
    labels = checkpoint.labels
    found = dict.fromkeys(labels, USUAL_THRESHOLD)
    for label, threshold in parsed_thresholds(given).items():
        if label is None:
            found = dict.fromkeys(labels, threshold)
        elif label not in found:
            raise unknown_name("label", label, labels)
        else:
            found[label] = threshold
    return tuple(found.values())


def _can_be_taken_apart(checkpoint: Checkpoint) -> bool:
    """Whether the family is known, and this is no variant of it that only its own code computes."""
    if checkpoint.family in ENCODERS:
        return rarer_attention(read_mapping(checkpoint.path / "config.json")) is None
    return checkpoint.family in FAMILIES


def _unknown_family(checkpoint: Checkpoint, target: Target, options: ExportOptions, task: Task) -> _Choice:
    """A classifier that cannot be taken apart is exported as it is, in a format whose own exporter knows how."""
    from edgekit.export.format import format_without_description
    from edgekit.export.lowering import resolve

    if task.generates:
        family(checkpoint.family)
    format = format_without_description(checkpoint.family)
    if options.scheme not in ("auto", "float") or options.format not in ("all", format.name):
        raise UsageError(
            f"{checkpoint.path}, a model of the family {checkpoint.family!r}, cannot be taken apart: it is exported "
            f"to {format.title} in float only",
            advice=f"families that edgekit takes apart: {', '.join(FAMILIES)}",
        )
    return _Choice("float", (resolve(target, format.name, "float"),), (), ())


def _lowerings(target: Target, scheme: Scheme, options: ExportOptions) -> tuple[tuple[Lowering, ...], list[str]]:
    """One for each format to write; of `all`, those that cannot be are left out with a note, unless none is left."""
    if options.format != "all":
        return (_lowering(target, options.format, scheme),), []
    lowerings: list[Lowering] = []
    refused: list[UsageError] = []
    for format in target.formats:
        try:
            lowerings.append(_lowering(target, format, scheme))
        except UsageError as error:
            refused.append(error)
    if not lowerings:
        raise refused[0]
    return tuple(lowerings), [f"no second format: {error.message}" for error in refused]


def _lowering(target: Target, format: FormatName, scheme: Scheme) -> Lowering:
    """Raises `UsageError` where the target or this host cannot do it."""
    from edgekit.export.format import format_named
    from edgekit.export.lowering import resolve

    lowering = resolve(target, format, scheme)
    format_named(format).require(scheme)
    return lowering


def _quantized(
    checkpoint: Checkpoint, model: Any, tokenizer: Any, choice: _Choice, progress: Progress
) -> tuple[Plan | None, dict[str, Any]]:
    from edgekit.compress.quantization.quantize import apply_plan, make_plan
    from edgekit.models.checkpoint import load_scales

    if checkpoint.extras.plan is not None:
        return checkpoint.extras.plan, load_scales(checkpoint)
    if choice.scheme == "float":
        return None, {}
    plan = make_plan(model, choice.scheme, choice.calibration)
    return plan, apply_plan(model, plan, tokenizer, progress)


def _usual_length(target: Target, task: Task) -> int:
    """The longest input where none was asked for: of a decoder, prompt and new tokens together."""
    return _CONTEXT if task.generates else target.lengths[-1]


def _max_length(possible: int | None, usual: int, options: ExportOptions) -> int:
    if options.max_length is None:
        return min(possible or usual, usual)
    if possible is not None and options.max_length > possible:
        raise UsageError(f"--max-length {options.max_length} is more than the {possible} tokens of the model")
    return options.max_length


def _length_notes(possible: int | None, longest: int, options: ExportOptions, task: Task) -> list[str]:
    if options.max_length is not None or longest == possible:
        return []
    takes = f"the model itself takes {'any number' if possible is None else possible} (--max-length)"
    if task.generates:
        return [f"the context holds {longest} tokens; {takes}"]
    return [f"texts are cut at {longest} tokens; {takes}"]


def _name(model: str | Path) -> str:
    return Path(model).resolve().name if Path(model).is_dir() else str(model).rsplit("/", 1)[-1]


def _default_out(model: str | Path, target: Target) -> Path:
    """In the working directory; beside it if the working directory is the checkpoint itself."""
    folder = Path(model).resolve()
    if folder == Path.cwd():
        return folder.with_name(f"{folder.name}-{target.name}")
    return Path(f"{_name(model)}-{target.name}")
