"""`edgekit reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import data_options
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef

if TYPE_CHECKING:
    from rich.table import Table

    from edgekit.flows.reproduce.reproduce import Replay
    from edgekit.flows.reproduce.reproduce_compare import AccuracyComparison, ReproductionVerdict, StageReproduction

# characters of a sha256
_SHOWN = 12


@click.command("reproduce", cls=Command)
@click.argument("what", metavar="MANIFEST", type=click.Path(path_type=Path))
@data_options(required=False)
@click.option("-m", "--model", metavar="MODEL", help="The model that the lineage begins with, if it is not found.")
@click.option("--teacher", metavar="MODEL", help="The teacher of a prune, if it came from elsewhere.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder to keep what is made. Default: nothing is kept."
)
@click.option(
    "--within",
    type=click.FloatRange(min=0, max=100),
    default=1.0,
    show_default=True,
    metavar="POINTS",
    help="Points of accuracy that count as no difference where files are not identical.",
)
@as_json
@click.pass_context
def command(
    context: click.Context,
    what: Path,
    data: DataSpec | None,
    model: str | None,
    teacher: str | None,
    out: Path | None,
    within: float,
    as_json: bool,
) -> None:
    """Run the lineage of a bundle or a checkpoint again from its start, and compare what comes of it.

    MANIFEST is a bundle's manifest.json, a checkpoint's edgekit.json, or a folder with one of them. Data and models
    that a manifest only names are given here; they must have the hashes that were recorded. Each stage is identical
    by its hashes; or by its accuracy equivalent, where the whole 95 % interval of the points lost lies inside the
    margin of --within, or different, where the interval holds no zero and more than the margin is lost or gained; or
    it cannot be told. Exit code 0: the last stage is identical or equivalent, 1: one is different, 3: it cannot be
    told.

    \b
    Examples:
      edgekit reproduce out/onnx/manifest.json
      edgekit reproduce out/onnx --data my-data/ --model ./my-start -o again/ --within 2
    """
    from edgekit.flows.reproduce.reproduce import prepare, reproduce

    shown = progress(as_json)
    replay = prepare(what, data=data, model=_reference(model), teacher=_reference(teacher), progress=shown)
    if not as_json:
        print_rich(_plan(replay))
    found = reproduce(replay, out=out, within=within, progress=shown)
    if as_json:
        stages = list(map(_plain, found.outcomes))
        print_json({"exit_code": found.exit_code, "path": found.path, "within": within, "stages": stages})
    else:
        print_rich(_outcomes(found.outcomes), *_notes(found.outcomes))
        click.echo(_sentence(found.outcomes[-1].verdict, found.exit_code, within))
        click.echo(f"kept: {found.path}" if found.path else "nothing was kept: -o FOLDER keeps what is made")
    context.exit(found.exit_code)


def _sentence(last: ReproductionVerdict, exit_code: int, within: float) -> str:
    if exit_code == 1:
        return f"not reproduced: the accuracy is another, by more than {within:g} points"
    if last == "identical":
        return "reproduced: what the lineage ended in is identical"
    if last == "equivalent":
        return f"reproduced: what the lineage ended in is as accurate, within {within:g} points"
    return f"it cannot be told whether this is as accurate within {within:g} points"


def _reference(model: str | None) -> ModelRef | None:
    return None if model is None else ModelRef(model)


def _plan(replay: Replay) -> Table:
    """What will be run, and which tools are not those recorded."""
    from edgekit.report.figures import clean

    table = _table("stage", "options that are not the defaults", "other tools: recorded, here")
    for number, (stage, tools) in enumerate(zip(replay.stages, replay.other_tools, strict=True), start=1):
        changed = stage.options.model_dump(mode="json", exclude_defaults=True)
        options = ", ".join(f"{name}={value}" for name, value in changed.items())
        table.add_row(f"{number} {stage.step.stage}", clean(options), clean(_tools(tools)))
    return table


def _outcomes(outcomes: list[StageReproduction]) -> Table:
    table = _table("stage", "recorded", "reproduced", "verdict", "accuracy %, points lost (95 % interval)")
    for column in table.columns[:4]:
        column.no_wrap = True
    for outcome in outcomes:
        hashes = (outcome.recorded_sha256[:_SHOWN], outcome.reproduced_sha256[:_SHOWN])
        compared = _comparison(outcome.comparison) if outcome.comparison else ""
        table.add_row(outcome.stage, *hashes, outcome.verdict, compared)
    return table


def _notes(outcomes: list[StageReproduction]) -> list[str]:
    """Which files differ, and what else does that may explain it."""
    from edgekit.report.figures import clean

    notes = []
    for outcome in outcomes:
        if outcome.differing:
            why = "" if outcome.comparison else "; there is no accuracy to compare"
            notes.append(clean(f"{outcome.stage}: not the same: {', '.join(outcome.differing)}{why}"))
        if outcome.tools:
            notes.append(clean(f"{outcome.stage}: recorded with, here with: {_tools(outcome.tools)}"))
    return notes


def _comparison(found: AccuracyComparison) -> str:
    lost = found.lost
    return (
        f"{found.recorded:.2f} -> {found.reproduced:.2f}, lost {lost.value:.2f} ({lost.low:.2f} to {lost.high:.2f}) "
        f"on {found.rows} {found.split} rows, {'in pairs' if found.paired else 'not paired'}"
    )


def _tools(tools: dict[str, tuple[str | None, str | None]]) -> str:
    return ", ".join(f"{name} {before or 'none'}, {here or 'none'}" for name, (before, here) in tools.items())


def _plain(outcome: StageReproduction) -> dict[str, object]:
    names = ("stage", "verdict", "recorded", "reproduced", "differing", "comparison", "tools")
    return {name: getattr(outcome, name) for name in names}


def _table(*headings: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
