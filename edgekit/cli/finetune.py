"""`edgekit finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option, scratch_shape
from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.spec.train_options import FinetuneOptions


@click.command("finetune")
@model_argument("checkpoint", unless="scratch")
@click.option(
    "--scratch",
    metavar="KEY=VALUE,...",
    callback=scratch_shape,
    help="In place of MODEL: a new model of this shape, as layers=4,hidden=256,heads=4,ffn=1024,vocabulary=4000.",
)
@data_options()
@options_of(FinetuneOptions)
@out_option("teacher")
@force
@as_json
def command(model: Any, scratch: Any, out: Path | None, as_json: bool, **given: Any) -> None:
    """Train a classifier on your data, from a pretrained checkpoint or from nothing.

    MODEL is a checkpoint folder or a hub id. The epoch with the best validation accuracy is kept.

    \b
    Examples:
      edgekit finetune distilbert-base-uncased --data my-data/ -o teacher
      edgekit finetune --scratch layers=3,hidden=192,heads=4,ffn=768 --data smart-home
    """
    from edgekit.flows.train import finetune

    made = finetune(scratch or model, out=out or Path("teacher"), progress=progress(as_json), **given)
    print_json({"checkpoint": made}) if as_json else click.echo(made)
