"""`edgekit gate`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.gate_workflow import write_workflow
from edgekit.cli.options import force, model_argument
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
@model_argument("bundle", beside="init")
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
@click.option(
    "--markdown", type=click.Path(path_type=Path), help="Also put the verdicts at the end of this file, as Markdown."
)
@click.option(
    "--annotate", type=click.Choice(["github"]), help="Also say what does not pass in the way that this CI shows it."
)
@click.option(
    "--inconclusive-ok",
    is_flag=True,
    help="Exit 0 instead of 3 where nothing fails and something is not decided, which is told as UNDECIDED.",
)
@click.option(
    "--init",
    type=click.Choice(["github"]),
    help="Check nothing: write the workflow that checks pull requests so, with these budgets.",
)
@force
@as_json
@click.pass_context
def command(
    context: click.Context,
    model: ModelRef | None,
    budgets: tuple[str, ...],
    recipe: str | None,
    target: str | None,
    devices: tuple[str, ...],
    allow_throttled: bool,
    allow_busy: bool,
    max_age: timedelta | None,
    junit: Path | None,
    markdown: Path | None,
    annotate: str | None,
    inconclusive_ok: bool,
    init: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Check a bundle, or all bundles of a run's folder (MODEL), against budgets. The exit code is the verdict.

    0: all pass. 1: one fails. 3: one is inconclusive or was never measured, which is never a pass. Without --device
    the measurements count that are kept in the bundle: of a case that was measured again the newest, and of several
    cases the worst. A budget that names no target holds for the one that the bundle was made for.

    \b
    Examples:
      edgekit gate out/onnx --budget size_mb=10 --budget latency_p95_ms=30,target=x86-64
      edgekit gate runs/quickstart --recipe quickstart --junit verdicts.xml
      edgekit gate out/onnx --device pi4 --device pi5
      edgekit gate out/onnx --budget size_mb=10 --init github
    """
    from edgekit.bundle.bundle_folder import BundleFolder
    from edgekit.errors import worst_exit_code
    from edgekit.flows.gate.gate_bundles import bundles_in
    from edgekit.measure.evidence import Allowed
    from edgekit.measure.verdicts import exit_code

    if init is not None:
        write_workflow(context, model)
        return
    if force:
        raise click.UsageError("--force belongs to --init")
    assert model is not None  # noqa: S101  only --init does without
    _check_reports(model, junit, markdown)
    bundles = [BundleFolder(path) for path in bundles_in(model.path)]
    wanted, rows_sha256 = _budgets(bundles[0], budgets, recipe, target)
    allowed = Allowed(throttled=allow_throttled, busy=allow_busy, max_age=max_age, data_sha256=rows_sha256)
    found, failed = _verdicts(bundles, wanted, devices, allowed, as_json)
    judged = [_Judged(_row(name, row), _class(name, row, bundles)) for name, all in found.items() for row in all]
    codes = [exit_code(row.verdict for row in verdicts) for verdicts in found.values()]
    code = worst_exit_code([*codes, *(each.exit_code for each in failed)])
    report = _Report(tuple(judged), code, tuple(failed), inconclusive_ok)
    report.write(junit, markdown)
    report.show(as_json)
    if annotate:
        report.annotate()
    context.exit(report.final_code)


@dataclass(frozen=True)
class _Judged:
    """A verdict, and what JUnit files it under: the model, its format, the target and, of several, the device."""

    row: VerdictRow
    classname: str


@dataclass(frozen=True)
class _Report:
    """Verdicts with the exit code that follows from them, and what failed on devices.

    inconclusive_ok: whether an exit code of 3 becomes 0
    """

    judged: tuple[_Judged, ...]
    code: int
    failed: tuple[SomeDevicesFailed, ...]
    inconclusive_ok: bool

    @property
    def rows(self) -> list[VerdictRow]:
        """The verdicts alone."""
        return [each.row for each in self.judged]

    @property
    def final_code(self) -> int:
        """The exit code of the command."""
        from edgekit.measure.verdicts import INCONCLUSIVE, PASSED

        return PASSED if self.code == INCONCLUSIVE and self.inconclusive_ok else self.code

    def write(self, junit: Path | None, markdown: Path | None) -> None:
        """Write the files that were asked for."""
        from edgekit.io.atomic import append_named_text, write_named_text
        from edgekit.report.junit import verdicts_junit
        from edgekit.report.markdown import gate_markdown

        if junit:
            classes = [each.classname for each in self.judged]
            write_named_text(junit, verdicts_junit(self.rows, classes, inconclusive_ok=self.inconclusive_ok))
        if markdown:
            append_named_text(markdown, gate_markdown(self.rows, self.code))

    def show(self, as_json: bool) -> None:
        """Print the table, or JSON; and that something is let pass which nobody knows."""
        from edgekit.report.annotations import UNDECIDED
        from edgekit.report.terminal import verdict_table

        if as_json:
            errors = {name: error for each in self.failed for name, error in each.errors.items()}
            undecided = {"undecided": True} if self.final_code != self.code else {}
            print_json(
                {"exit_code": self.final_code, "verdicts": self.rows}
                | undecided
                | ({"failed": errors} if self.failed else {})
            )
        elif self.judged:
            print_rich(verdict_table(self.rows))
        for each in self.failed:
            click.echo(f"error: {each.message}", err=True)
        if self.final_code != self.code:
            click.echo(f"{UNDECIDED}: not all budgets are proven; --inconclusive-ok makes this exit code 0", err=True)

    def annotate(self) -> None:
        """Print the annotations for GitHub, whose runner reads standard error too."""
        from edgekit.report.annotations import github_annotations

        for line in github_annotations(self.rows, inconclusive_ok=self.inconclusive_ok):
            click.echo(line, err=True)


def _check_reports(model: ModelRef, junit: Path | None, markdown: Path | None) -> None:
    """Refuse files that are each other, or the bundle, before anything is measured."""
    from edgekit.io.atomic import check_output_file

    if junit is not None and junit == markdown:
        raise click.UsageError("--junit and --markdown name the same file")
    for path in filter(None, (junit, markdown)):
        check_output_file(path, sources=[model.path])


def _verdicts(
    bundles: list[BundleFolder], budgets: list[Budget], devices: tuple[str, ...], allowed: Allowed, as_json: bool
) -> tuple[Mapping[str, list[BundleVerdict]], list[SomeDevicesFailed]]:
    """The verdicts by the name of each device, "" for what is kept in the bundles; and what failed on some."""
    from edgekit.flows.devices.device_pool import finished
    from edgekit.flows.gate.gate import gate
    from edgekit.flows.gate.gate_bundles import gate_bundles
    from edgekit.flows.gate.gate_devices import gate_on

    if not devices:
        judge = gate_bundles(bundles, budgets, allowed=allowed) if len(bundles) > 1 else None
        return {"": gate(bundles[0], budgets, allowed=allowed) if judge is None else judge}, []
    shown = progress(as_json)
    verdicts: dict[str, list[BundleVerdict]] = {}
    failures: list[SomeDevicesFailed] = []
    for bundle in bundles:
        found, failed = finished(functools.partial(gate_on, bundle, budgets, devices, allowed=allowed, progress=shown))
        for name, rows in found.items():
            verdicts.setdefault(name, []).extend(rows)
        failures += [failed] if failed is not None else []
    return verdicts, failures


def _class(device: str, found: BundleVerdict, bundles: list[BundleFolder]) -> str:
    manifests = [folder.manifest for folder in bundles if folder.path == found.bundle]
    if not manifests:
        return found.format
    target = found.verdict.budget.target or manifests[0].target
    return ".".join(filter(None, (manifests[0].name, found.format, target, device.removesuffix(":"))))


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
