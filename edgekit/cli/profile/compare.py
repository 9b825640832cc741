"""`edgekit profile --compare`: which of two models is faster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.output import print_json
from edgekit.cli.progress import progress
from edgekit.options.profile_options import ProfileOptions

if TYPE_CHECKING:
    from edgekit.flows.profile.compare_bundles import ComparedBundles

compare_option = click.option(
    "--compare",
    "other",
    metavar="MODEL",
    type=click.Path(path_type=Path),
    help="Run interleaved with another bundle or file, and say which is faster. Nothing is kept.",
)


def compare_models(ours: Path, theirs: Path, options: ProfileOptions, as_json: bool) -> None:
    """Measure and print; then raise what failed."""
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.profile.compare_bundles import compare_bundles

    found, failed = finished(lambda: compare_bundles(ours, theirs, options, progress=progress(as_json)))
    several = failed is not None or len(found) > 1
    if as_json:
        plain = {name: {"comparisons": each} for name, each in found.items()}
        print_json({"devices": plain} if several else next(iter(plain.values())))
    else:
        for name, each in found.items():
            if several:
                click.echo(f"\n{name}")
            for compared in each:
                _print(compared)
    if failed is not None:
        raise failed


def _print(found: ComparedBundles) -> None:
    from edgekit.report.figures import clean, number, plural, times

    speed, measured = found.speed, found.measured
    click.echo(
        f"{speed.verdict}: {clean(found.ours)} takes {times(speed.ratio)} times as long as {clean(found.theirs)}"
    )
    threads, machine = plural(measured.threads, "thread"), clean(measured.fingerprint.device)
    where = f"length {measured.ours.length}, {threads}, {machine}"
    click.echo(f"  p50 {number(speed.ours_p50_ms)} against {number(speed.theirs_p50_ms)} ms, {where}")
    count = len(measured.processes)
    processes = "1 process" if count == 1 else f"{count} processes"
    click.echo(f"  {speed.runs:,} runs of each in {speed.blocks:,} blocks of {processes}, interleaved")
    if measured.fingerprint.emulated:
        click.echo("  EMULATED: this holds for no target")
    if found.disturbed:
        click.echo(f"  both met alike: {found.disturbed.describe}")
