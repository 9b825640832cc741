"""`edgekit evaluate`."""

from __future__ import annotations

from typing import Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import data_options, model_argument, options_of
from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.spec.errors import UsageError
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.stage_options import EvaluateOptions


@click.command("evaluate")
@model_argument("either")
@click.option(
    "--against",
    multiple=True,
    metavar="NAME=MODEL",
    help="A model to compare with, row by row, as teacher=./teacher. Can be given again.",
)
@data_options()
@options_of(EvaluateOptions)
@as_json
def command(model: ModelRef, against: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Measure the accuracy of a checkpoint or a bundle, through its own tokenizer.

    The figure of a bundle is kept in its manifest, for `edgekit gate`.

    \b
    Example:
      edgekit evaluate out/onnx --data my-data/ --against teacher=./teacher
    """
    from edgekit.flows.evaluate import evaluate

    shown = progress(as_json)
    baselines = {}
    for pair in against:
        name, equals, path = pair.partition("=")
        if not equals or not path:
            raise UsageError(f"--against {pair!r} is not NAME=MODEL", advice="as in --against teacher=./teacher")
        baselines[name] = evaluate(path, progress=shown, **given)
    found = evaluate(model, against=baselines, progress=shown, **given).accuracy
    if as_json:
        print_json(found)
        return
    interval = f"95 %: {found.low:.2f} to {found.high:.2f}"
    click.echo(f"accuracy {found.accuracy:.2f} % ({interval}), macro-F1 {found.macro_f1:.2f}")
    click.echo(f"  {found.rows:,} rows of {found.data}, {found.runtime}")
    for drop in found.drops:
        change = f"{drop.points:.2f} points below" if drop.points >= 0 else f"{-drop.points:.2f} points above"
        click.echo(f"  {change} {drop.baseline} at {drop.baseline_accuracy:.2f} % ({drop.low:.2f} to {drop.high:.2f})")
