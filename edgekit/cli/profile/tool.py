"""`edgekit profile --tool`: measuring by a runtime's own benchmark program on the device."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.errors import UsageError
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.tool_measurement import mask

tool_option = click.option(
    "--tool",
    metavar="NAME=PATH",
    help="Measure by a program that is on the device, without Python: benchmark_model or onnxruntime_perf_test, and "
    "where it is.",
)
affinity_option = click.option(
    "--affinity", metavar="MASK", help="With --tool: the cores to run on, in hexadecimal, as f0 for the cores 4 to 7."
)


def profile_by_tool(model: Path, tool: str, affinity: str | None, options: ProfileOptions, as_json: bool) -> None:
    """Measure and print."""
    from edgekit.flows.profile.profile_tool import parse_tool, profile_tool
    from edgekit.report.terminal import tool_lines

    name, program = parse_tool(tool)
    found = profile_tool(model, name, program, options, affinity=checked_mask(affinity), progress=progress(as_json))
    if as_json:
        print_json({"measurements": found})
        return
    for measurement in found:
        first, *others = tool_lines(measurement)
        click.echo(first)
        for line in others:
            click.echo(f"  {line}")


def checked_mask(affinity: str | None) -> str | None:
    """`UsageError` for what is no mask of cores."""
    try:
        return None if affinity is None else mask(affinity)
    except ValueError as error:
        raise UsageError(f"--affinity: {error}") from None
