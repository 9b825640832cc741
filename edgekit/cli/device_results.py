"""Printing what came of several devices: the others' results first, then the error of those that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from edgekit.cli.output import print_json

T = TypeVar("T")


def show_each(work: Callable[[], dict[str, T]], line: Callable[[T], str], as_json: bool) -> None:
    """Print the result for each device, as JSON by its name or as `line` tells it; then raise what failed."""
    from edgekit.flows.devices.device_pool import finished

    results, failed = finished(work)
    if as_json:
        print_json(results)
    else:
        for name, result in results.items():
            text = line(result)
            click.echo(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}")
    if failed is not None:
        raise failed
