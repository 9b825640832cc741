"""`edgekit profile --runtime A==1 --runtime A==2`: several versions of a runtime, interleaved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.options.profile_options import ProfileOptions

if TYPE_CHECKING:
    from edgekit.flows.profile.compare_runtimes import RuntimesCompared
    from edgekit.schema.runtime_ref import RuntimeRef

# where click keeps the runtimes that were asked for, when one has a version or there are several
_ASKED = "edgekit.runtimes"


def _one_or_several(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> str | None:
    """A single runtime without a version is an option of a measurement; all others are compared."""
    from edgekit.schema.runtime_ref import RuntimeRef

    runtimes = [RuntimeRef.from_text(text) for text in value]
    if len(runtimes) == 1 and runtimes[0].version is None:
        return runtimes[0].name
    context.meta[_ASKED] = runtimes
    return None


runtime_option = click.option(
    "--runtime",
    multiple=True,
    metavar="NAME[==VERSION]",
    callback=_one_or_several,
    help="Runtime to use; of a version that `edgekit devices setup` brought there. Given again: compared interleaved. "
    "Default: the first that is there.",
)


def runtimes_to_compare() -> list[RuntimeRef]:
    """The runtimes that the command has to compare; none where it has to measure by one alone."""
    runtimes: list[RuntimeRef] = click.get_current_context().meta.get(_ASKED, [])
    return runtimes


def compare_by_runtimes(path: Path, options: ProfileOptions, as_json: bool) -> None:
    """Measure and compare, and print it for each device."""
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.profile.compare_runtimes import compare_runtimes
    from edgekit.report.figures import clean

    runtimes = runtimes_to_compare()
    found, failed = finished(lambda: compare_runtimes(path, runtimes, options, progress=progress(as_json)))
    if as_json:
        print_json(next(iter(found.values())) if len(found) == 1 else {"devices": found})
    else:
        for name, compared in found.items():
            if len(found) > 1:
                click.echo(f"\n{clean(name)}")
            _show(compared)
    if failed is not None:
        raise failed


def _show(compared: RuntimesCompared) -> None:
    from edgekit.report.figures import clean, plural, times
    from edgekit.report.terminal import measurements_table

    print_rich(measurements_table(compared.measurements))
    for each in compared.comparisons:
        speed = each.speed
        click.echo(
            f"{speed.verdict}: {clean(each.ours)} takes {times(speed.ratio)} times as long as {clean(each.theirs)}"
        )
        where = f"length {each.length}, {plural(each.threads, 'thread')}"
        click.echo(f"  {where}; {speed.runs:,} runs of each in {speed.blocks:,} turns")
        if each.disturbed:
            click.echo(f"  both met alike: {each.disturbed.describe}")
