"""`edgekit targets`: list the devices edgekit knows, show one with the source of every figure, validate your own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Group
from edgekit.cli.output import as_json, print_json
from edgekit.cli.targets.detect import detect
from edgekit.cli.terminal import terminal_console

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console
    from rich.table import Table

    from edgekit.schema.budget import Budget
    from edgekit.schema.target import Figure, Target
    from edgekit.tasks.task import TaskName

command = Group(
    "targets",
    help="""Devices that edgekit knows, as data.

    \b
    Example:
      edgekit targets list
      edgekit targets show rpi4
      edgekit targets detect --device pi4
    """,
)
command.add_command(detect)

# columns of a terminal in which the table of targets has every word on one line
_WIDE = 80


@command.command("list")
@as_json
def list_targets(as_json: bool) -> None:
    """List the shipped targets.

    \b
    Example:
      edgekit targets list
    """
    from edgekit.schema.resources import load_target, shipped_files

    targets = [load_target(name) for name in shipped_files("targets")]
    if as_json:
        print_json([target.model_dump(mode="json") for target in targets])
        return
    table = _table("target", "runtimes", "scheme", "RAM GB", "fp32 / int8")
    console = _console()
    # a name that is broken cannot be copied; of the others nothing is
    table.columns[0].min_width = max(len(target.name) for target in targets)
    for column in table.columns[1:]:
        column.no_wrap, column.overflow = console.width >= _WIDE, "fold"
    for target in targets:
        table.add_row(*_summary(target))
    console.print(table)
    console.print("\nfp32 / int8: peak rates over all cores, in thousand million operations a second.")
    console.print("`edgekit targets show NAME` has everything, with sources.")


@command.command("show")
@click.argument("name", metavar="NAME|FILE")
@as_json
def show_target(name: str, as_json: bool) -> None:
    """Show one target: every figure with its source, and what each runtime executes correctly.

    \b
    Example:
      edgekit targets show rpi5
      edgekit targets show ./my-board.yaml --json
    """
    from edgekit.schema.resources import load_target

    target = load_target(name)
    if as_json:
        print_json(target.model_dump(mode="json"))
        return
    console = _console()
    console.print(f"{target.name}: {target.title}\n")
    for table in (_facts(target), _figures(target), _runtimes(target), _budgets(target.budgets)):
        if table.row_count:
            console.print(table)


@command.command("validate")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@as_json
def validate_targets(files: tuple[str, ...], as_json: bool) -> None:
    """Check target files of your own; exit with 2 if any of them is wrong.

    \b
    Example:
      edgekit targets validate my-board.yaml
    """
    results = [_validate(file) for file in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            click.echo(_verdict_line(result))
    if not all(result["ok"] for result in results):
        raise SystemExit(2)


def _validate(file: str) -> dict[str, str | bool | None]:
    """What reading one file as a target gives, or why it cannot be one."""
    from pathlib import Path

    from edgekit.errors import UsageError
    from edgekit.measure.metrics import check_budget, check_task
    from edgekit.schema.resources import read_target

    try:
        target = read_target(Path(file))
        for task, budget in ((task, budget) for task, own in target.budgets.items() for budget in own):
            check_budget(budget)
            check_task(budget, task)
    except UsageError as error:
        return {"file": file, "ok": False, "error": error.message, "advice": error.advice}
    return {"file": file, "ok": True, "name": target.name}


def _verdict_line(result: dict[str, str | bool | None]) -> str:
    if result["ok"]:
        return f"ok: {result['file']}: {result['name']}"
    advice = f"; {result['advice']}" if result["advice"] else ""
    return f"error: {result['error']}{advice}"


def _summary(target: Target) -> tuple[str, ...]:
    """The row of one target in the list."""
    peaks = (target.peak.fp32_gflops, target.peak.int8_gops)
    return (
        f"{target.name}\n{target.title}\n{target.cpu.model}\n",
        "\n".join(runtime.name for runtime in target.runtimes),
        "\n".join(dict.fromkeys(target.scheme.values())),
        _span(target.memory.size_gb),
        " / ".join(f"{peak.value:g}" if peak else "-" for peak in peaks) if any(peaks) else "-",
    )


def _facts(target: Target) -> Table:
    """What a target is, and its defaults."""
    table = _grid()
    rows = {
        "system": f"{target.os}, {target.arch}, {target.libc}",
        "cpu": f"{target.cpu.model}, {target.cpu.cores} cores",
        "features": ", ".join(target.cpu.features),
        "cpu parts": ", ".join(target.cpu.parts),
        "boards": ", ".join(target.cpu.boards),
        "RAM": f"{_numbers(target.memory.size_gb)} GB" if target.memory.size_gb else "",
        "threads": str(target.threads),
        "lengths": _numbers(target.lengths),
    } | {f"scheme for {task}": scheme for task, scheme in target.scheme.items()}
    for label, value in rows.items():
        if value:
            table.add_row(label, value)
    return table


def _figures(target: Target) -> Table:
    """Every figure with its source."""
    table = _table("figure", "value", "source")
    figures: dict[str, tuple[Figure | None, str]] = {
        "clock": (target.cpu.clock_ghz, "GHz"),
        "memory read": (target.memory.read_gb_s, "GB/s"),
        "peak fp32": (target.peak.fp32_gflops, "GFLOP/s"),
        "peak int8": (target.peak.int8_gops, "GOP/s"),
    }
    for label, (figure, unit) in figures.items():
        if figure:
            table.add_row(label, f"{figure.value:g} {unit}", figure.source)
    return table


def _runtimes(target: Target) -> Table:
    """What each runtime executes correctly, in order of preference."""
    table = _table("runtime", "format", "schemes executed correctly", "note")
    for runtime in target.runtimes:
        table.add_row(runtime.name, runtime.format, ", ".join(runtime.schemes), runtime.note)
    return table


def _budgets(budgets: Mapping[TaskName, Iterable[Budget]]) -> Table:
    """The default budgets of each task, with their conditions."""
    from edgekit.measure.metrics import metric_of

    table = _table("task", "budget", "limit", "conditions")
    for task, budget in ((task, budget) for task, own in budgets.items() for budget in own):
        metric = metric_of(budget)
        side = "at most" if metric.better == "lower" else "at least"
        conditions = [f"{key} {value}" for key, value in budget.conditions.items()] + (
            [] if budget.gate else ["does not gate"]
        )
        table.add_row(task, budget.metric, f"{side} {budget.limit:g} {metric.unit}".rstrip(), ", ".join(conditions))
    return table


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values) or "-"


def _span(values: tuple[float, ...]) -> str:
    return " to ".join(f"{value:g}" for value in sorted({min(values), max(values)})) if values else "-"


def _table(*headings: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(*headings, box=SIMPLE, pad_edge=False, show_edge=False, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    return table


def _grid() -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _console() -> Console:
    """Plain text: what a file says is never read as markup."""
    return terminal_console(markup=False, highlight=False, emoji=False)
