"""`--json`, in a module of its own: commands that only read files of edgekit's own must not load the others' types."""

from __future__ import annotations

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
