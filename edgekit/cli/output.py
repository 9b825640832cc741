"""What commands print, JSON or tables, on standard output; and `--json`."""

from __future__ import annotations

import json
import sys

import click

from edgekit.cli.terminal import terminal_console
from edgekit.io.json_values import json_value
from edgekit.io.printable import visible_json

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: object, indent: int | None = 1) -> None:
    """Print a value as JSON, its letters as they are where the output takes all; dataclasses become objects.

    indent: None puts all of it on one line
    """
    takes_all = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(visible_json(json.dumps(json_value(value), indent=indent, ensure_ascii=not takes_all)))


def print_rich(*parts: object, soft_wrap: bool = False) -> None:
    """Print rich tables and text; to a pipe 100 columns wide, unless no line is to be broken."""
    console = terminal_console(markup=False)
    if not console.is_terminal:
        console.width = 100
    for part in parts:
        # what is not to be broken, as a command, goes on behind the edge
        console.print(part, highlight=False, soft_wrap=soft_wrap, crop=False)
