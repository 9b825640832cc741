"""`edgekit gate`."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import model_argument
from edgekit.cli.output import print_json, print_rich
from edgekit.spec.budget import Budget
from edgekit.spec.model_ref import ModelRef


@click.command("gate")
@model_argument("bundle")
@click.option(
    "-b",
    "--budget",
    "budgets",
    multiple=True,
    metavar="METRIC=LIMIT[,CONDITION=VALUE]",
    help="As size_mb=10 or latency_p95_ms=30,length=128,threads=2. Can be given again.",
)
@click.option("--recipe", metavar="RECIPE", help="Take the budgets of a recipe, by name or path.")
@click.option("--target", help="Take the default budgets of a target.")
@click.option("--junit", type=click.Path(path_type=Path), help="Also write the verdicts as JUnit XML.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Also write the verdicts as Markdown.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    model: ModelRef,
    budgets: tuple[str, ...],
    recipe: str | None,
    target: str | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Hold a bundle (MODEL) against budgets. The exit code is the verdict.

    0: all pass. 1: one fails. 3: one is inconclusive or was never measured, which is never a pass.

    \b
    Examples:
      edgekit gate out/onnx --budget size_mb=10 --budget latency_p95_ms=30,length=128
      edgekit gate out/onnx --recipe quickstart --junit verdicts.xml
    """
    from edgekit.flows.gate import gate
    from edgekit.measure.verdict import exit_code
    from edgekit.report.junit import verdicts_junit
    from edgekit.report.markdown import verdicts_markdown
    from edgekit.report.summary import VerdictRow
    from edgekit.report.terminal import verdict_table
    from edgekit.spec.atomic import write_text

    found = gate(model.path, _budgets(budgets, recipe, target))
    rows = [VerdictRow(row.bundle.name, row.format, row.verdict, row.conditions) for row in found]
    code = exit_code(row.verdict for row in rows)
    if junit:
        write_text(junit, verdicts_junit(rows))
    if markdown:
        write_text(markdown, verdicts_markdown(rows))
    print_json({"exit_code": code, "verdicts": rows}) if as_json else print_rich(verdict_table(rows))
    context.exit(code)


def _budgets(texts: tuple[str, ...], recipe: str | None, target: str | None) -> list[Budget]:
    from edgekit.spec.recipe import load_recipe
    from edgekit.spec.shipped import load_target

    found = [Budget.from_text(text) for text in texts]
    if recipe is not None:
        found += load_recipe(recipe).budgets
    if target is not None:
        found += load_target(target).budgets
    return found
