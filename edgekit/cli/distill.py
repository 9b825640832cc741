"""`edgekit distill`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import data_options, force, model_argument, options_of, out_option
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.cli.training_result import training_result
from edgekit.compress.training.distributed import is_main
from edgekit.options.model_ref import ModelRef
from edgekit.options.train_options import DistillOptions


@click.command("distill", cls=Command)
@model_argument("checkpoint")
@data_options()
@options_of(DistillOptions)
@out_option("student")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Train a smaller student to follow a teacher (MODEL).

    It is cut from the teacher (blocks copied evenly, heads, neurons and channels kept by their weight), and may
    be an encoder of another family; or it starts at another checkpoint (--student-from) or from nothing (--scratch),
    in any family. What the teacher says is asked once and kept; --hidden-weight and --relation-weight run it at every
    step. Of a language model each token is followed.

    \b
    Examples:
      edgekit distill teacher --student layers=3,hidden=256 --data my-data/ -o student
      edgekit distill teacher --student family=albert,layers=3 --data my-data/ -o student
      edgekit distill teacher --student layers=3 --relation-weight 1 --augment 10 --data my-data/
      edgekit distill teacher --student-from huawei-noah/TinyBERT_General_4L_312D --data my-data/
      edgekit distill teacher --scratch family=albert,layers=6 --tokenizer teacher/ --hidden-weight 1 --data my-data/
      edgekit distill gpt2 --student layers=6 --train stories.txt --max-length 256
      accelerate launch -m edgekit distill teacher --data my-data/ --bf16
    """
    from edgekit.flows.train.train import distill

    checkpoint = distill(model, out=out or Path("student"), progress=progress(as_json), **given)
    if not is_main():
        return
    print_json(training_result(checkpoint)) if as_json else click.echo(checkpoint)
