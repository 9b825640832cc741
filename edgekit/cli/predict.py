"""`edgekit predict`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.bundle_and_text import bundle_and_text
from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json
from edgekit.io.printable import visible_name

if TYPE_CHECKING:
    from edgekit.flows.predict import Labelled


@click.command("predict", cls=Command)
@click.argument("words", nargs=-1, metavar="[BUNDLE] [TEXT]")
@click.option("--pair", help="Second text, for a model of pairs.")
@click.option("--threads", type=click.IntRange(1, 1024), default=1, help="Threads of the runtime. Default: 1.")
@as_json
def command(words: tuple[str, ...], pair: str | None, threads: int, as_json: bool) -> None:
    """Label a text with a bundle, or tell its number; without TEXT, or with `-`, one text a line of standard input.

    Neither torch nor transformers is loaded. A multi-label model gives the labels whose scores reach their thresholds.
    A model of pairs of texts takes the second by --pair or, in lines, behind a tab.

    BUNDLE defaults to the current folder if it is one, else the newest run's. Of lines, --json prints one object a
    line (JSON lines).

    \b
    Examples:
      edgekit predict out/onnx "turn the kitchen lights off"
      edgekit predict out/onnx < texts.txt
    """
    from edgekit.flows.predict import predictions

    bundle, text = bundle_and_text(words, "text")
    found = None
    for found in predictions(bundle, _lines(bundle) if text is None else [text], pair=pair, threads=threads):
        if not as_json:
            click.echo(_line(found))
        elif text is None:
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


def _lines(bundle: Path) -> Iterator[str | tuple[str, str]]:
    """The lines of standard input, of a model of pairs cut at their tab; what is no UTF-8 the tokenizer refuses."""
    from edgekit.agent.inference.bundle import PAIRS_ONLY, read_manifest

    pairs = read_manifest(bundle).get("pairs") == PAIRS_ONLY
    for row in sys.stdin.buffer:
        line = row.decode("utf-8", "surrogateescape").rstrip("\r\n")
        text, tab, second = line.partition("\t")
        yield (text, second) if pairs and tab else line
