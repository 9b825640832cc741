"""`edgekit run`."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress


@click.command("run", cls=Command)
@click.argument("recipe")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change the recipe, as stages.distill.epochs=3 or stages.prune=null. Can be given again.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder of the run. Default: runs/NAME.")
@click.option("--no-texts", is_flag=True, help="Show no texts of the data in the report, as report.texts=false.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show what would be done, and why; touch nothing.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    recipe: str,
    settings: tuple[str, ...],
    out: Path | None,
    no_texts: bool,
    only_plan: bool,
    as_json: bool,
) -> None:
    """Do a whole road, as RECIPE says: train, compress, export, measure, decide, report.

    RECIPE is a shipped recipe's name or the path of one. Called again it goes on where it stopped, and does nothing
    twice. The exit code is the verdict, as of `edgekit gate`.

    \b
    Examples:
      edgekit run quickstart
      edgekit run distilbert-sst2-rpi4 --set data=my-data/ --set name=mine
      edgekit run quickstart --set stages.distill.epochs=8 --plan
    """
    settings = (*settings, "report.texts=false") if no_texts else settings
    if only_plan:
        _show_plan(recipe, settings, out, as_json)
        return
    from edgekit.flows.run.reporting import PAGE
    from edgekit.flows.run.run import run
    from edgekit.report.terminal import models_table, packages_table, verdict_table

    summary = run(recipe, settings, out=out, progress=progress(as_json))
    if as_json:
        print_json(summary.dump())
    else:
        print_rich(models_table(summary.models), verdict_table(summary.verdicts) if summary.verdicts else "no budgets")
        if summary.packages:
            print_rich("", packages_table(summary.packages))
        click.echo(f"report: {(out or Path('runs') / summary.name) / PAGE}")
    context.exit(summary.exit_code)


def _show_plan(recipe: str, settings: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    from edgekit.flows.run.plan import plan

    planned = plan(recipe, settings, out=out, progress=progress(as_json))
    if as_json:
        print_json([{"stage": step.stage, "runs": step.why is not None, "why": step.why} for step in planned])
        return
    width = max(len(step.stage) for step in planned)
    for step in planned:
        click.echo(f"{step.stage:<{width}}  {'unchanged' if step.why is None else f'runs: {step.why}'}")
