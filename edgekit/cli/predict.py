"""`edgekit predict`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json
from edgekit.io.printable import visible_name

if TYPE_CHECKING:
    from edgekit.flows.predict import Labelled


@click.command("predict", cls=Command)
@click.argument("words", nargs=-1, required=True, metavar="[BUNDLE] TEXT")
@click.option("--pair", help="Second text, for a model of pairs.")
@click.option("--threads", type=click.IntRange(1, 1024), default=1, help="Threads of the runtime. Default: 1.")
@as_json
def command(words: tuple[str, ...], pair: str | None, threads: int, as_json: bool) -> None:
    """Label a text with a bundle, or tell its number; `-` reads one text a line.

    Neither torch nor transformers is loaded. A multi-label model gives the labels whose scores reach their thresholds.

    BUNDLE defaults to the current folder if it is one, else the newest run's. With `-`, --json prints one object a
    line (JSON lines).

    \b
    Examples:
      edgekit predict out/onnx "turn the kitchen lights off"
      cat texts.txt | edgekit predict out/onnx -
    """
    from edgekit.flows.default_model import newest_model
    from edgekit.flows.predict import predict

    if len(words) > 2:
        raise click.UsageError("give one text, in quotes, or - for one a line of standard input")
    bundle = Path(words[0]) if len(words) == 2 else newest_model("bundle")
    many = words[-1] == "-"
    found = None
    for found in predict(bundle, _lines() if many else [words[-1]], pair=pair, threads=threads):
        if not as_json:
            click.echo(_line(found))
        elif many:
            print_json(found.fields, indent=None)
        else:
            print_json(found.fields)
    if found is None:
        raise click.UsageError("no text was given")


def _line(found: Labelled) -> str:
    """The label and its score; the labels that hold, each with its score; or the number."""
    if found.value is not None:
        return f"{found.value:.4f}"
    scores = found.scores or {}
    labels = (found.label,) if found.label is not None else found.labels or ()
    # a line that is empty would look as if nothing had been answered
    return "\t".join(f"{visible_name(label)}\t{scores[label]:.4f}" for label in labels) or "(no label)"


def _lines() -> Iterator[str]:
    """The lines of standard input; bytes that are no UTF-8 are left for the tokenizer to refuse."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape").rstrip("\r\n")
