"""`edgekit prune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option
from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.train_options import PruneOptions


@click.command("prune")
@model_argument("checkpoint")
@click.option("--teacher", metavar="MODEL", help="What it follows to recover. Default: itself, as it was.")
@data_options()
@options_of(PruneOptions)
@out_option("pruned")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Remove the least important heads and FFN neurons of MODEL, and train it to recover.

    Whole heads and neurons go, so that the exported file is smaller and faster; zeros alone would do neither.

    \b
    Example:
      edgekit prune student --heads 0.75 --ffn 0.5 --data my-data/ --teacher teacher -o pruned
    """
    from edgekit.flows.prune import prune

    made = prune(model, out=out or Path("pruned"), progress=progress(as_json), **given)
    print_json({"checkpoint": made}) if as_json else click.echo(made)
