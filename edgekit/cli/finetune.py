"""`edgekit finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.click_base import Command, Option
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option, scratch_shape
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.cli.training_result import training_result
from edgekit.compress.training.distributed import is_main
from edgekit.options.train_options import FinetuneOptions


@click.command("finetune", cls=Command)
@model_argument("checkpoint", unless="scratch", ask_task=False)
@click.option(
    "--scratch",
    cls=Option,
    section="Model",
    metavar="KEY=VALUE,...",
    callback=scratch_shape,
    help="In place of MODEL: a new model of this shape, as family=albert,layers=4,hidden=256,vocabulary=4000.",
)
@data_options()
@options_of(FinetuneOptions)
@out_option("teacher")
@force
@as_json
def command(model: Any, scratch: Any, out: Path | None, as_json: bool, **given: Any) -> None:
    """Train a classifier or a language model on your data, from a pretrained checkpoint or from nothing.

    MODEL is a checkpoint folder or a hub id. A classifier learns from rows with labels, and the epoch with the best
    validation accuracy is kept; a language model learns from files of text, and that with the least perplexity is.

    \b
    Examples:
      edgekit finetune distilbert-base-uncased --data my-data/ -o teacher
      edgekit finetune --scratch layers=3,hidden=192,heads=4,ffn=768 --data smart-home
      edgekit finetune --scratch family=bert,layers=3 --tokenizer bert-base-chinese/ --data my-data/
      edgekit finetune --scratch family=gpt2,layers=4,max_length=256 --train stories.txt --max-length 256
      edgekit finetune gpt2 --task text-classification --data my-data/ -o teacher
      torchrun --nproc-per-node 4 -m edgekit finetune roberta-base --data my-data/ --bf16
    """
    from edgekit.flows.train.train import finetune

    checkpoint = finetune(scratch or model, out=out or Path("teacher"), progress=progress(as_json), **given)
    if not is_main():
        return
    print_json(training_result(checkpoint)) if as_json else click.echo(checkpoint)
