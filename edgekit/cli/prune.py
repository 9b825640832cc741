"""`edgekit prune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.cli.training_result import training_result
from edgekit.options.model_ref import ModelRef
from edgekit.options.train_options import PruneOptions


@click.command("prune", cls=Command)
@model_argument("checkpoint")
@click.option("--teacher", metavar="MODEL", help="What it follows to recover. Default: itself, as it was.")
@data_options(required=False)
@options_of(PruneOptions)
@out_option("pruned")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Remove the least important heads and FFN neurons of MODEL, and train it to recover; or trim its vocabulary.

    Whole heads, neurons and rows of embeddings go, so that the exported file is smaller; zeros alone would not do it.

    --vocabulary keeps the tokens that are most frequent in the training rows and in --texts, and all without which a
    text there could no longer be written. Texts of which all tokens stay give the same ids, renumbered. Heads and
    neurons are cut too if --heads or --ffn is given.

    \b
    Examples:
      edgekit prune student --heads 0.75 --ffn 0.5 --data my-data/ --teacher teacher -o pruned
      edgekit prune student --vocabulary 8000 --data my-data/ -o small
      edgekit prune gpt2 --vocabulary 16000 --texts stories.txt -o small
      edgekit prune gpt2 --heads 0.75 --ffn 0.5 --train stories.txt -o pruned
    """
    from edgekit.flows.train.prune import prune

    checkpoint = prune(model, out=out or Path("pruned"), progress=progress(as_json), **given)
    print_json(training_result(checkpoint)) if as_json else click.echo(checkpoint)
