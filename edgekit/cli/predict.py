"""`edgekit predict`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from edgekit.cli.options import as_json
from edgekit.cli.output import print_json


@click.command("predict")
@click.argument("words", nargs=-1, required=True, metavar="[BUNDLE] TEXT")
@click.option("--pair", help="Second text, for a model of pairs.")
@click.option("--threads", type=int, default=1, help="Threads of the runtime. Default: 1.")
@as_json
def command(words: tuple[str, ...], pair: str | None, threads: int, as_json: bool) -> None:
    """Label a text with a bundle; `-` reads one text a line. Neither torch nor transformers is loaded.

    BUNDLE defaults to the current folder if it is one, else the newest run's.

    \b
    Examples:
      edgekit predict out/onnx "turn the kitchen lights off"
      cat texts.txt | edgekit predict out/onnx -
    """
    from edgekit.flows.newest import newest_model
    from edgekit.flows.predict import predict

    if len(words) > 2:
        raise click.UsageError("give one text, in quotes")
    bundle = Path(words[0]) if len(words) == 2 else newest_model("bundle")
    texts: Iterable[str] = (line.rstrip("\n") for line in sys.stdin) if words[-1] == "-" else [words[-1]]
    for found in predict(bundle, texts, pair=pair, threads=threads):
        print_json(found) if as_json else click.echo(f"{found.label}\t{found.score:.4f}")
