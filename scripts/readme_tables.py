"""The parts of the README that are computed: commands, targets, measured tables. Refresh: `cog -r README.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def commands() -> str:
    """Every command with what it does and its example."""
    import click

    from edgekit.cli import COMMANDS, cli

    context = click.Context(cli)
    lines = ["| command | what it does | for example |", "|---|---|---|"]
    for name, what in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        example = next(line for line in (command.help or "").splitlines() if "edgekit " in line and "`" not in line)
        lines.append(f"| `edgekit {name}` | {what} | `{example.strip().replace('|', '&#124;')}` |")
    return "\n".join(lines)


def targets() -> str:
    """Every shipped target."""
    from edgekit.spec.shipped import load_target, shipped_files

    lines = ["| target | device | runtimes | int8 peak, GOP/s | default scheme |", "|---|---|---|---|---|"]
    for name in shipped_files("targets"):
        target = load_target(name)
        peak = f"{target.peak.int8_gops.value:g}" if target.peak.int8_gops else "no source"
        runtimes = ", ".join(runtime.name for runtime in target.runtimes)
        lines.append(f"| `{name}` | {target.title} | {runtimes} | {peak} | {target.scheme['text-classification']} |")
    return "\n".join(lines)


def sst2() -> str:
    """The road on SST-2, as `scripts/bench_sst2.py` measured it."""
    result = json.loads((RESULTS / "sst2.json").read_text())
    lines = [
        "| model | MB | accuracy on test, % (95 %) | below the teacher, points (95 %) "
        "| length 128, p50 / p95 ms | own lengths, p50 / p95 ms |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["models"]:
        value, low, high = row["accuracy"]
        lines.append(
            f"| {row['name']}, {row['scheme']} | {row['size_mb']:.1f} | {value:.2f} ({low:.2f} to {high:.2f}) "
            f"| {_drop(row['below_teacher'])} | {_latency(row, '128')} | {_latency(row, 'data')} |"
        )
    lines.append(f"\n{row['rows']:,} test rows; latency on {result['machine']}, 1 thread.")
    return "\n".join(lines)


def smart_home() -> str:
    """The bag-of-words baseline on the embedded data, as `scripts/baseline_smart_home.py` measured it."""
    return str(json.loads((RESULTS / "baseline_smart_home.json").read_text())["table"])


def _drop(drops: list[list[float]]) -> str:
    return "" if not drops else "{:.2f} ({:.2f} to {:.2f})".format(*drops[0])


def _latency(row: dict[str, Any], length: str) -> str:
    found = row["latency_ms"].get(length)
    return f"{found['p50'][0]:.2f} / {found['p95'][0]:.2f}" if found else ""
