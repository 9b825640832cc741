"""`edgekit profile --instructions`."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.options.profile_options import ProfileOptions


def count(model: Path, options: ProfileOptions, as_json: bool) -> None:
    """Count on each device and print; then raise what failed."""
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.profile.instructions import count_instructions
    from edgekit.report.terminal import instructions_table

    shown = progress(as_json)
    found, failed = finished(lambda: count_instructions(model, options, progress=shown))
    if as_json:
        plain = {name: {"instructions": each} for name, each in found.items()}
        print_json({"devices": plain} if failed is not None or len(plain) > 1 else next(iter(plain.values())))
    else:
        for name, each in found.items():
            if failed is not None or len(found) > 1:
                click.echo(f"\n{name}")
            print_rich(instructions_table(each))
    if failed is not None:
        raise failed
