"""`edgekit inspect`."""

from __future__ import annotations

import click

from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.cli.click_base import Command
from edgekit.cli.head_figures import figure_lines
from edgekit.cli.options import model_argument
from edgekit.cli.output import as_json, print_json
from edgekit.io.printable import clean, visible_name
from edgekit.options.model_ref import ModelRef
from edgekit.tasks.problem_type import PROBLEMS, REGRESSION


@click.command("inspect", cls=Command)
@model_argument("either")
@as_json
def command(model: ModelRef, as_json: bool, **given: object) -> None:
    """Show what a checkpoint or a bundle is, and where each of its megabytes is.

    The files of a bundle are checked against their hashes.

    \b
    Example:
      edgekit inspect out/onnx
    """
    from edgekit.flows.inspect import inspect

    found = inspect(model)
    if as_json:
        print_json(found)
        return
    form = f" ({found.format})" if found.format else ""
    family = visible_name(found.family)
    click.echo(f"{found.path}: {found.kind}{form}, {family}, {found.scheme}, {found.parameters:,} parameters")
    for part in found.parts:
        bar = "█" * round(30 * part.mb / found.size_mb)
        click.echo(f"  {visible_name(part.name):20} {part.mb:9.3f} MB {100 * part.mb / found.size_mb:5.1f} %  {bar}")
    click.echo(f"  {'all':20} {found.size_mb:9.3f} MB")
    more = ", ..." if len(found.labels) > 12 else ""
    if found.labels and not (found.manifest and found.manifest.problem_type == REGRESSION):
        click.echo(f"labels ({len(found.labels)}): {', '.join(map(visible_name, found.labels[:12]))}{more}")
    if found.manifest and found.manifest.problem_type:
        thresholds = found.manifest.thresholds
        shown = f", thresholds {', '.join(f'{each:g}' for each in thresholds[:12])}{more}" if thresholds else ""
        click.echo(f"{PROBLEMS[found.manifest.problem_type]}{shown}")
    for step in found.lineage:
        click.echo(f"  {visible_name(step.stage)}")
    if found.manifest and (lineage := found.manifest.lineage_hash()):
        click.echo(f"lineage {lineage}")
    if found.manifest:
        for record in found.manifest.accuracy:
            click.echo(
                f"accuracy {record.accuracy:.2f} % ({record.low:.2f} to {record.high:.2f}), {clean(record.data)}"
            )
        head: tuple[LabelSets | Numbers, ...] = (*found.manifest.label_sets, *found.manifest.numbers)
        for figures in head:
            click.echo(f"{figure_lines(figures)[0]}, {clean(figures.data)}")
