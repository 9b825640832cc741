"""`edgekit gate`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import model_argument
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.options.model_ref import ModelRef
from edgekit.schema.budget import Budget

if TYPE_CHECKING:
    from edgekit.bundle.bundle_folder import BundleFolder
    from edgekit.flows.devices.device_pool import SomeDevicesFailed
    from edgekit.flows.gate.gate import BundleVerdict
    from edgekit.measure.evidence import Allowed
    from edgekit.measure.metric import Metric
    from edgekit.report.summary import VerdictRow

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


class _Age(click.ParamType[timedelta]):
    """An age as people write it: `30m`, `12h`, `7d`."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = re.fullmatch(r"([0-9]{1,6})([mhd])", str(value))
        if found is None or int(found[1]) == 0:
            self.fail(f"{str(value)[:60]!r} is no age, as 30m, 12h or 7d", param, ctx)
        return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


class _GateCommand(Command):
    """Its help ends with the metrics, by their own words."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every metric with its unit and what it is."""
        from edgekit.measure.metrics import METRICS

        with formatter.section("Metrics, and the conditions that each takes beside target and format"):
            formatter.write_dl([(f"{metric.name}=LIMIT", _in_words(metric)) for metric in METRICS.values()])


def _in_words(metric: Metric) -> str:
    """As `at most, in ms: from text to label, the median (length, threads)`."""
    side = "at most" if metric.better == "lower" else "at least"
    unit = f", in {metric.unit}" if metric.unit else ""
    own = sorted(metric.source.conditions - {"target", "format"})
    return f"{side}{unit}: {metric.about}" + (f" ({', '.join(own)})" if own else "")


@click.command("gate", cls=_GateCommand)
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
@click.option("--target", help="Take the default budgets of a target, for that target.")
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
@click.option(
    "--allow-busy",
    is_flag=True,
    help="Let samples count that were taken while other work slowed the device down. Else: inconclusive.",
)
@click.option("--max-age", type=_Age(), metavar="AGE", help="Older measurements do not count. As 12h or 7d.")
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
    allow_busy: bool,
    max_age: timedelta | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Check a bundle (MODEL) against budgets. The exit code is the verdict.

    0: all pass. 1: one fails. 3: one is inconclusive or was never measured, which is never a pass. Without --device
    the measurements count that are kept in the bundle: of a case that was measured again the newest, and of several
    cases the worst. A budget that names no target holds for the one that the bundle was made for.

    \b
    Examples:
      edgekit gate out/onnx --budget size_mb=10 --budget latency_p95_ms=30,target=x86-64
      edgekit gate out/onnx --recipe quickstart --junit verdicts.xml
      edgekit gate out/onnx --device pi4 --device pi5
    """
    from edgekit.bundle.bundle_folder import BundleFolder
    from edgekit.errors import worst_exit_code
    from edgekit.flows.gate.gate import gate
    from edgekit.io.atomic import write_named_text
    from edgekit.measure.evidence import Allowed
    from edgekit.measure.verdicts import exit_code
    from edgekit.report.junit import verdicts_junit
    from edgekit.report.markdown import verdicts_markdown
    from edgekit.report.terminal import verdict_table

    _check_reports(model, junit, markdown)
    bundle = BundleFolder(model.path)
    wanted, rows_sha256 = _budgets(bundle, budgets, recipe, target)
    allowed = Allowed(throttled=allow_throttled, busy=allow_busy, max_age=max_age, data_sha256=rows_sha256)
    if devices:
        found, failed = _on_devices(bundle, wanted, devices, allowed, as_json)
    else:
        found, failed = {"": gate(bundle, wanted, allowed=allowed)}, None
    rows = [_row(name, row) for name, verdicts in found.items() for row in verdicts]
    codes = [exit_code(row.verdict for row in verdicts) for verdicts in found.values()]
    code = worst_exit_code([*codes, *([failed.exit_code] if failed else [])])
    if junit:
        write_named_text(junit, verdicts_junit(rows))
    if markdown:
        write_named_text(markdown, verdicts_markdown(rows))
    if as_json:
        print_json({"exit_code": code, "verdicts": rows} | ({"failed": failed.errors} if failed else {}))
    elif rows:
        print_rich(verdict_table(rows))
    if failed is not None:
        click.echo(f"error: {failed.message}", err=True)
    context.exit(code)


def _check_reports(model: ModelRef, junit: Path | None, markdown: Path | None) -> None:
    """Refuse files that are each other, or the bundle, before anything is measured."""
    from edgekit.io.atomic import check_output_file

    if junit is not None and junit == markdown:
        raise click.UsageError("--junit and --markdown name the same file")
    for path in filter(None, (junit, markdown)):
        check_output_file(path, sources=[model.path])


def _on_devices(
    bundle: BundleFolder, budgets: list[Budget], devices: tuple[str, ...], allowed: Allowed, as_json: bool
) -> tuple[Mapping[str, list[BundleVerdict]], SomeDevicesFailed | None]:
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.gate.gate_devices import gate_on

    shown = progress(as_json)
    return finished(lambda: gate_on(bundle, budgets, devices, allowed=allowed, progress=shown))


def _row(device: str, found: BundleVerdict) -> VerdictRow:
    from edgekit.report.summary import VerdictRow

    conditions = ": ".join(part for part in (device.removesuffix(":"), found.verdict.conditions) if part)
    return VerdictRow(found.bundle.name, found.format, found.verdict, conditions)


def _budgets(
    bundle: BundleFolder, texts: tuple[str, ...], recipe: str | None, target: str | None
) -> tuple[list[Budget], str | None]:
    """The budgets in the order given, and the hash of the rows that a recipe evaluates on."""
    from edgekit.flows.gate.gate import default_budgets, recipe_rows, target_of
    from edgekit.options.recipe import load_recipe

    found, rows = [Budget.from_text(text) for text in texts], None
    if recipe is not None:
        loaded = load_recipe(recipe)
        own = loaded.export.target
        found += [budget.model_copy(update={"target": budget.target or own}) for budget in loaded.budgets]
        rows = recipe_rows(loaded)
    if target is not None:
        found += default_budgets(target_of(bundle.manifest, target), bundle.manifest)
    return found, rows
