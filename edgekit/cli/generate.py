"""`edgekit generate`."""

from __future__ import annotations

import sys
from typing import Any

import click

from edgekit.cli.bundle_and_text import STDIN, bundle_and_text
from edgekit.cli.click_base import Command
from edgekit.cli.log import hint
from edgekit.cli.options import options_of
from edgekit.cli.output import as_json, print_json
from edgekit.options.generate_options import GenerateOptions


@click.command("generate", cls=Command)
@click.argument("words", nargs=-1, metavar="[BUNDLE] [PROMPT]")
@options_of(GenerateOptions)
@click.option("--stop", multiple=True, metavar="TEXT", help="End the text where TEXT appears; may be given again.")
@as_json
def command(words: tuple[str, ...], options: GenerateOptions, stop: tuple[str, ...], as_json: bool) -> None:
    """Write on from a prompt with a decoder's bundle; without one, or with `-`, that of standard input.

    Neither torch nor transformers is loaded. BUNDLE defaults to the current folder if it is one, else the newest
    run's. The text is printed as it comes; --json prints one object at the end.

    \b
    Examples:
      edgekit generate out/onnx "Once upon a time"
      edgekit generate out/onnx "Once upon a time" --temperature 0.8 --top-p 0.9 --seed 7
      edgekit generate out/onnx --max-tokens 64 --stop "The end" < prompt.txt
    """
    from edgekit.flows.generate import generate

    bundle, given = bundle_and_text(words, "prompt")
    prompt = _prompt() if given is None else given
    if not prompt and given is None and STDIN not in words:
        raise click.UsageError("no prompt was given")
    writing = generate(bundle, prompt, options, stop=stop)
    if not as_json:
        click.echo(prompt, nl=False)
    for piece in writing:
        if not as_json:
            click.echo(piece, nl=False)
            sys.stdout.flush()
    if as_json:
        print_json(writing.result)
        return
    click.echo()
    _say_how(writing.result)


def _prompt() -> str:
    """Standard input, less the line end of an editor; bytes that are no UTF-8 are left for the tokenizer to refuse."""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")


def _say_how(result: Any) -> None:
    """What a person should know of the end, on standard error."""
    if result.finish == "context":
        hint(f"the context of {result.context} tokens is full (--context-full slide goes on without its older half)")
    if result.slides:
        hint(f"the context slid {result.slides} times: the text does not follow from its beginning")
    rate = f", {result.tokens_per_s:.0f} tokens/s" if result.tokens_per_s else ""
    hint(f"{len(result.ids)} tokens, first after {result.first_ms:.1f} ms{rate}")
