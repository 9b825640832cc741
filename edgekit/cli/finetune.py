"""`edgekit finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.options import as_json, data_options, force, options_of, out_option, scratch_shape
from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.spec.errors import UsageError
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.train_options import FinetuneOptions


@click.command("finetune")
@click.argument("model", required=False)
@click.option(
    "--scratch",
    metavar="KEY=VALUE,...",
    callback=scratch_shape,
    help="In place of MODEL: a new model of this shape, as layers=4,hidden=256,heads=4,ffn=1024,vocabulary=4000.",
)
@click.option("--revision", help="Revision of a hub id.")
@data_options()
@options_of(FinetuneOptions)
@out_option("teacher")
@force
@as_json
def command(
    model: str | None, scratch: Any, revision: str | None, out: Path | None, as_json: bool, **given: Any
) -> None:
    """Train a classifier on your data, from a pretrained checkpoint or from nothing.

    MODEL is a checkpoint folder or a hub id. The epoch with the best validation accuracy is kept.

    \b
    Examples:
      edgekit finetune distilbert-base-uncased --data my-data/ -o teacher
      edgekit finetune --scratch layers=3,hidden=192,heads=4,ffn=768 --data smart-home
    """
    from edgekit.flows.train import finetune

    start = scratch or (ModelRef(model, revision) if model else None)
    if start is None or (scratch and model):
        raise UsageError("give a MODEL to start from, or --scratch, and not both")
    made = finetune(start, out=out or Path("teacher"), progress=progress(as_json), **given)
    print_json({"checkpoint": made}) if as_json else click.echo(made)
