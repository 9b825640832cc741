"""`edgekit quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import force, model_argument, options_of, out_option
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import QuantizeOptions


@click.command("quantize", cls=Command)
@model_argument("checkpoint")
@options_of(QuantizeOptions)
@out_option("quantized")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Put the weights of MODEL on an integer grid, with the plan that says how.

    `edgekit export` packs those same integers into every format.

    \b
    Example:
      edgekit quantize pruned --scheme int8-dynamic -o quantized
    """
    from edgekit.flows.quantize import quantize

    checkpoint = quantize(model, out=out or Path("quantized"), progress=progress(as_json), **given)
    print_json({"checkpoint": checkpoint}) if as_json else click.echo(checkpoint)
