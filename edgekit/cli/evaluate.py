"""`edgekit evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.evaluation import Accuracy, Drop, Perplexity
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.cli.click_base import Command
from edgekit.cli.head_figures import print_head, print_rows
from edgekit.cli.options import data_options, model_argument, options_of
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.errors import EdgekitError, UsageError
from edgekit.io.progress import Progress
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions
from edgekit.tasks.problem_type import SINGLE_LABEL

if TYPE_CHECKING:
    from edgekit.devices.base import ConnectedDevice
    from edgekit.flows.evaluate.accuracy import Evaluation

MOST_CLASSES = 20
T = TypeVar("T")


@click.command("evaluate", cls=Command)
@model_argument("either")
@click.option(
    "--against",
    multiple=True,
    metavar="NAME=MODEL",
    help="A model to compare with, row by row or window by window, as teacher=./teacher. Can be given again.",
)
@click.option(
    "--changes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the rows whose label is not that of the model in --against (.jsonl, .tsv, .csv).",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="NAME|URL",
    help="Run a bundle on this device. Given again: on several at once; `all`. Default: in this process.",
)
@click.option("--no-record", is_flag=True, help="Leave the figures out of a bundle's manifest: nothing is written.")
@click.option("--all-classes", is_flag=True, help=f"Show every class, not the {MOST_CLASSES} of the lowest F1.")
@data_options()
@options_of(EvaluateOptions)
@as_json
def command(
    model: ModelRef,
    data: DataSpec,
    options: EvaluateOptions,
    against: tuple[str, ...],
    changes: Path | None,
    devices: tuple[str, ...],
    no_record: bool,
    all_classes: bool,
    as_json: bool,
) -> None:
    """Measure what a checkpoint or a bundle gets right, through its own tokenizer.

    A classifier: accuracy, macro-F1, Matthews' correlation (MCC) and the F1 of every class with 95 % intervals, and
    the labels confused most; against another model also how many rows have the same label. A multi-label model:
    micro-F1, macro-F1 and the F1 of every label; a regression: the mean absolute error and Spearman. A language model:
    perplexity and bits per byte of a text (.txt, .jsonl, .json). The figures of a bundle are kept in its manifest,
    for `edgekit gate`, unless --no-record is given.

    \b
    Examples:
      edgekit evaluate out/onnx --data my-data/ --against teacher=./teacher --changes changed.csv
      edgekit evaluate out/onnx --data my-data/ --device my-pi
      edgekit evaluate out/onnx --data other-data/ --no-record
      edgekit evaluate ./my-gpt2 --data stories.txt --stride 256
      edgekit evaluate ./my-gpt2-rpi5/onnx --data stories.txt --against teacher=./my-gpt2
    """
    from edgekit.flows.evaluate.accuracy import problem_of_model
    from edgekit.flows.evaluate.evaluate import is_language_model

    evaluated = bundle_or_checkpoint(model)
    request = _Request(evaluated, data, options, _named(against), devices, not no_record, as_json, progress(as_json))
    if not is_language_model(evaluated) and problem_of_model(evaluated) != SINGLE_LABEL:
        _evaluate_head(request, changes, all_classes)
        return
    if not is_language_model(evaluated):
        _evaluate_classifier(request, changes, all_classes)
        return
    if changes or all_classes:
        raise UsageError(
            f"{model} is a language model: it has no labels", advice="leave out --changes and --all-classes"
        )
    _evaluate_decoder(request)


@dataclass(frozen=True)
class _Request:
    """What is evaluated on what, against which models by their names, where, and how it is shown.

    record: whether the figures of a bundle are kept in its manifest
    """

    model: ModelRef | BundleFolder
    data: DataSpec
    options: EvaluateOptions
    baselines: dict[str, str]
    devices: tuple[str, ...]
    record: bool
    as_json: bool
    progress: Progress


def _evaluate_decoder(request: _Request) -> None:
    from edgekit.flows.evaluate.evaluate import evaluate
    from edgekit.flows.evaluate.perplexity import Baselines

    model, data, options = request.model, request.data, request.options

    def work(device: ConnectedDevice | None, progress: Progress) -> Perplexity:
        against = Baselines(dict(request.baselines))
        return evaluate(model, data, options, against=against, device=device, record=request.record, progress=progress)

    found, failed = _each(request, work)
    _show(request, found, lambda each: each, _print_perplexity)
    if failed is not None:
        raise failed


def _evaluate_classifier(request: _Request, changes: Path | None, all_classes: bool) -> None:
    from edgekit.data.splits import read_data
    from edgekit.flows.evaluate.accuracy import accuracy, truncated_as
    from edgekit.flows.evaluate.changes import write_changes
    from edgekit.measure.accuracy.hints import evaluation_hints

    _check_changes(request, changes)
    model, options = request.model, request.options
    rows = read_data(request.data, progress=request.progress)
    cut = truncated_as(model, options) if request.baselines else options
    known = {
        name: accuracy(path, rows, cut, record=False, progress=request.progress)
        for name, path in request.baselines.items()
    }

    def work(device: ConnectedDevice | None, progress: Progress) -> tuple[Evaluation, int | None]:
        found = accuracy(model, rows, options, against=known, device=device, record=request.record, progress=progress)
        return found, write_changes(changes, rows, options.split, known, found) if changes is not None else None

    def plain(each: tuple[Evaluation, int | None]) -> dict[str, object]:
        found, changed = each
        hints = list(evaluation_hints(found.accuracy))
        more = {"confused": found.confused(None), "changes": changed, "hints": hints}
        return found.accuracy.model_dump(mode="json") | more

    def show(each: tuple[Evaluation, int | None]) -> None:
        found, changed = each
        _print_accuracy(found.accuracy)
        _print_tables(found, all_classes)
        if changed is not None:
            click.echo(f"\n{changed:,} rows whose label changed: {changes}")
        for hint in evaluation_hints(found.accuracy):
            click.echo(f"\nhint: {hint}")

    found, failed = _each(request, work)
    _show(request, found, plain, show)
    if failed is not None:
        raise failed


def _evaluate_head(request: _Request, changes: Path | None, all_classes: bool) -> None:
    from edgekit.data.splits import read_data
    from edgekit.flows.evaluate.head_evaluation import evaluate_head, not_compared

    if request.baselines or changes:
        raise not_compared(request.model)
    rows = read_data(request.data, progress=request.progress)

    def work(device: ConnectedDevice | None, progress: Progress) -> LabelSets | Numbers:
        return evaluate_head(
            request.model, rows, request.options, device=device, record=request.record, progress=progress
        )

    found, failed = _each(request, work)
    _show(request, found, lambda each: each, lambda each: print_head(each, None if all_classes else MOST_CLASSES))
    if failed is not None:
        raise failed


def _check_changes(request: _Request, changes: Path | None) -> None:
    """Raise `UsageError` where changes cannot be written: before the models are run, which takes long."""
    from edgekit.flows.evaluate.changes import check_changes_path
    from edgekit.io.atomic import check_output_file
    from edgekit.options.input_files import input_files

    if changes is None:
        return
    check_changes_path(changes)
    baselines = map(Path, request.baselines.values())
    check_output_file(changes, sources=[request.model.path, *baselines, *input_files(request.data)])
    if not request.baselines:
        raise UsageError("--changes needs a model to compare with", advice="as in --against teacher=./teacher")
    if len(request.devices) > 1:
        raise UsageError("--changes tells the rows of one device", advice="name one --device")


def _each(
    request: _Request, work: Callable[[ConnectedDevice | None, Progress], T]
) -> tuple[Mapping[str, T], EdgekitError | None]:
    """What `work` gives in this process or, where devices are named, on each that does not fail."""
    from edgekit.flows.devices.device_pool import finished, on_each

    if not request.devices:
        return {"": work(None, request.progress)}, None
    return finished(lambda: on_each(request.devices, work, request.progress))


def _show(request: _Request, found: Mapping[str, T], plain: Callable[[T], object], show: Callable[[T], None]) -> None:
    """Print what was found, of several devices with their names."""
    several = len(found) != 1 or len(request.devices) > 1
    if request.as_json:
        each = {name: plain(one) for name, one in found.items()}
        print_json({"devices": each} if several else next(iter(each.values())))
        return
    for name, one in found.items():
        if several:
            click.echo(f"\n{name}")
        show(one)


def _named(against: tuple[str, ...]) -> dict[str, str]:
    """The models to compare with by their names."""
    baselines: dict[str, str] = {}
    for pair in against:
        name, equals, path = pair.partition("=")
        if not equals or not path or not name:
            raise UsageError(f"--against {pair!r} is not NAME=MODEL", advice="as in --against teacher=./teacher")
        if name in baselines:
            raise UsageError(f"--against names two models {name!r}")
        baselines[name] = path
    return baselines


def _print_accuracy(found: Accuracy) -> None:
    from edgekit.measure.accuracy.hints import simple_rivals

    click.echo(f"accuracy {found.accuracy:.2f} % (95 %: {found.low:.2f} to {found.high:.2f})")
    click.echo(f"macro-F1 {found.macro_f1:.2f} % ({found.macro_f1_low:.2f} to {found.macro_f1_high:.2f})")
    if found.macro_f1_doubt:
        click.echo(f"  {found.macro_f1_doubt}")
    click.echo(f"MCC {found.mcc:.3f} ({found.mcc_low:.3f} to {found.mcc_high:.3f})")
    click.echo(f"  {found.rows:,} rows of {found.data}, {found.runtime}")
    if rivals := simple_rivals(found):
        click.echo(f"  on these rows {rivals}")
    print_rows(found)
    for drop in found.drops:
        _print_drop(drop)


def _print_drop(drop: Drop) -> None:
    from edgekit.report.figures import clean, difference, span

    named = f"{clean(drop.baseline)} at {drop.baseline_accuracy:.2f} %"
    click.echo(f"  accuracy {difference(-drop.points, -drop.high, -drop.low, 'points', named)}")
    click.echo(f"    by a bootstrap {span(-drop.points, -drop.bootstrap_high, -drop.bootstrap_low)}")
    lost = (-drop.macro_f1_points, -drop.macro_f1_high, -drop.macro_f1_low)
    click.echo(f"    macro-F1 {difference(*lost, 'points', clean(drop.baseline))}")
    click.echo(f"    {drop.lost:,} rows lost, {drop.gained:,} gained: McNemar's exact p {drop.p_value:.2g}")
    interval = f"{drop.unchanged_low:.2f} to {drop.unchanged_high:.2f}"
    click.echo(f"    {drop.unchanged_pct:.2f} % of the rows have the label of {clean(drop.baseline)} ({interval})")


def _print_tables(found: Evaluation, all_classes: bool) -> None:
    from edgekit.report.mistake_cells import worst_first
    from edgekit.report.terminal import classes_table, confusions_table

    classes = worst_first(found.accuracy.classes)
    if len(classes) > MOST_CLASSES and not all_classes:
        click.echo(f"\nThe {MOST_CLASSES} of {len(classes)} classes with the lowest F1 (--all-classes shows all)")
        classes = classes[:MOST_CLASSES]
    else:
        click.echo("\nClasses, the lowest F1 first")
    print_rich(classes_table(classes))
    if pairs := found.confused():
        click.echo("\nConfused most")
        print_rich(confusions_table(pairs))


def _print_perplexity(found: Perplexity) -> None:
    from edgekit.report.figures import clean, difference

    def interval(low: float | None, high: float | None) -> str:
        return "" if low is None else f" (95 %: {low:.4g} to {high:.4g})"

    click.echo(f"perplexity {found.perplexity:.4g}{interval(found.low, found.high)}")
    click.echo(f"bits per byte {found.bits_per_byte:.4g}{interval(found.bits_per_byte_low, found.bits_per_byte_high)}")
    documents = "one document" if found.documents == 1 else f"{found.documents:,} documents"
    click.echo(f"  {found.tokens:,} tokens, {found.bytes:,} bytes, {documents} of {found.data}, {found.runtime}")
    click.echo(f"  windows of {found.context:,} tokens, each {found.stride:,} further on")
    if found.low is None:
        click.echo("  too few windows to tell how sure this is: evaluate on a longer text")
    for other in found.increases:
        named = f"{clean(other.baseline)} at {other.baseline_perplexity:.4g}"
        click.echo(f"  {difference(other.pct, other.low, other.high, '%', named)}")
