"""What commands print, JSON or tables, on standard output; and `--json`."""

from __future__ import annotations

import json
import sys

import click

from edgekit.io.json_values import json_value

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: object) -> None:
    """Print a value as JSON, its letters as they are where the output takes all; dataclasses become objects."""
    takes_all = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(json_value(value), indent=1, ensure_ascii=not takes_all))


def print_rich(*parts: object) -> None:
    """Print rich tables and text; to a pipe 100 columns wide."""
    from rich.console import Console

    console = Console(markup=False)
    if not console.is_terminal:
        console.width = 100
    for part in parts:
        console.print(part, highlight=False)
