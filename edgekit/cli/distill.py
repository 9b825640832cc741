"""`edgekit distill`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option
from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.train_options import DistillOptions


@click.command("distill")
@model_argument("checkpoint")
@data_options()
@options_of(DistillOptions)
@out_option("student")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Cut a smaller student from a teacher (MODEL) and train it to follow.

    Blocks are copied evenly, heads, neurons and channels kept by their weight.

    \b
    Example:
      edgekit distill teacher --student layers=3,hidden=256 --data my-data/ -o student
    """
    from edgekit.flows.train import distill

    made = distill(model, out=out or Path("student"), progress=progress(as_json), **given)
    print_json({"checkpoint": made}) if as_json else click.echo(made)
