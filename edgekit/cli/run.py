"""`edgekit run`."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress


@click.command("run")
@click.argument("recipe")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change the recipe, as stages.distill.epochs=3 or stages.prune=null. Can be given again.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder of the run. Default: runs/NAME.")
@as_json
@click.pass_context
def command(context: click.Context, recipe: str, settings: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Do a whole road, as RECIPE says: train, compress, export, measure, decide, report.

    RECIPE is a shipped recipe's name or the path of one. Called again it goes on where it stopped, and does nothing
    twice. The exit code is the verdict, as of `edgekit gate`.

    \b
    Examples:
      edgekit run quickstart
      edgekit run quickstart --set data=my-data/ --set model=distilbert-base-uncased
    """
    from edgekit.flows.reporting import PAGE
    from edgekit.flows.run import run
    from edgekit.report.terminal import models_table, verdict_table

    summary = run(recipe, settings, out=out, progress=progress(as_json))
    if as_json:
        print_json(summary.dump())
    else:
        print_rich(models_table(summary.models), verdict_table(summary.verdicts))
        click.echo(f"report: {(out or Path('runs') / summary.name) / PAGE}")
    context.exit(summary.exit_code)
