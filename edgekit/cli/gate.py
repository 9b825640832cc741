"""`edgekit gate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import model_argument
from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.spec.budget import Budget
from edgekit.spec.model_ref import ModelRef

if TYPE_CHECKING:
    from edgekit.flows.gate import BundleVerdict
    from edgekit.flows.on_devices import SomeDevicesFailed
    from edgekit.report.summary import VerdictRow


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
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="NAME|URL",
    help="Measure anew on this device, as one of the target that it was added with. Given again: several; `all`.",
)
@click.option(
    "--allow-throttled",
    is_flag=True,
    help="Let samples count that were taken while the device was throttled or under voltage. Else: inconclusive.",
)
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
    devices: tuple[str, ...],
    allow_throttled: bool,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Hold a bundle (MODEL) against budgets. The exit code is the verdict.

    0: all pass. 1: one fails. 3: one is inconclusive or was never measured, which is never a pass. Without --device
    the measurements count that are kept in the bundle.

    \b
    Examples:
      edgekit gate out/onnx --budget size_mb=10 --budget latency_p95_ms=30,length=128
      edgekit gate out/onnx --recipe quickstart --junit verdicts.xml
      edgekit gate out/onnx --device pi4 --device pi5
    """
    from edgekit.flows.gate import gate
    from edgekit.measure.verdict import exit_code
    from edgekit.report.junit import verdicts_junit
    from edgekit.report.markdown import verdicts_markdown
    from edgekit.report.terminal import verdict_table
    from edgekit.spec.atomic import write_text
    from edgekit.spec.errors import worst_exit_code

    wanted = _budgets(budgets, recipe, target)
    if devices:
        found, failed = _on_devices(model.path, wanted, devices, allow_throttled, as_json)
    else:
        found, failed = {"": gate(model.path, wanted, allow_throttled=allow_throttled)}, None
    rows = [_row(name, row) for name, verdicts in found.items() for row in verdicts]
    codes = [exit_code(row.verdict for row in verdicts) for verdicts in found.values()]
    code = worst_exit_code([*codes, *([failed.exit_code] if failed else [])])
    if junit:
        write_text(junit, verdicts_junit(rows))
    if markdown:
        write_text(markdown, verdicts_markdown(rows))
    if as_json:
        print_json({"exit_code": code, "verdicts": rows} | ({"failed": failed.errors} if failed else {}))
    elif rows:
        print_rich(verdict_table(rows))
    if failed is not None:
        click.echo(f"error: {failed.message}", err=True)
    context.exit(code)


def _on_devices(
    bundle: Path, budgets: list[Budget], devices: tuple[str, ...], allow_throttled: bool, as_json: bool
) -> tuple[Mapping[str, list[BundleVerdict]], SomeDevicesFailed | None]:
    from edgekit.flows.gate_devices import gate_on
    from edgekit.flows.on_devices import finished

    shown = progress(as_json)
    return finished(lambda: gate_on(bundle, budgets, devices, allow_throttled=allow_throttled, progress=shown))


def _row(device: str, found: BundleVerdict) -> VerdictRow:
    from edgekit.report.summary import VerdictRow

    said = ": ".join(part for part in (device, found.conditions) if part)
    return VerdictRow(found.bundle.name, found.format, found.verdict, said)


def _budgets(texts: tuple[str, ...], recipe: str | None, target: str | None) -> list[Budget]:
    from edgekit.spec.recipe import load_recipe
    from edgekit.spec.shipped import load_target

    found = [Budget.from_text(text) for text in texts]
    if recipe is not None:
        found += load_recipe(recipe).budgets
    if target is not None:
        found += load_target(target).budgets
    return found
