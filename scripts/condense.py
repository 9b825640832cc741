"""What the benchmarks keep of a run, and the Markdown table that shows it."""

from __future__ import annotations

from typing import Any

from edgekit.report.summary import ModelRow, Summary


def condensed(summary: Summary) -> dict[str, Any]:
    """The figures of every model of a run, with the machine and the tools that they hold for."""
    machine = summary.measurements[0].fingerprint
    return {
        "rows": summary.rows,
        "machine": f"{machine.cpu_model}, {machine.cores} cores, {machine.arch}",
        "models": [_row(model) for model in summary.models],
        "tools": summary.lineage[-1].tools,
    }


def table(result: dict[str, Any]) -> str:
    """The figures as a Markdown table. Latency is from text to label, p50 / p95."""
    lengths = list(dict.fromkeys(length for row in result["models"] for length in row["latency_ms"]))
    heads = ["model", "MB", "accuracy on test, % (95 %)", "points below the teacher (95 %)"]
    heads += ["own lengths, ms" if length == "data" else f"length {length}, ms" for length in lengths]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in result["models"]:
        cells = [f"{row['name']}, {row['scheme']}", f"{row['size_mb']:.2f}", _interval(row["accuracy"])]
        cells.append(_interval(row["below_teacher"]) if row["below_teacher"] else "")
        cells += [_latency(row["latency_ms"].get(length)) for length in lengths]
        lines.append(f"| {' | '.join(cells)} |")
    tools = result["tools"]
    return "\n".join(
        [
            *lines,
            "",
            f"{result['rows']['test']:,} test rows. Latency from text to label, p50 / p95, 1 thread, "
            f"on {result['machine']}; onnxruntime {tools['onnxruntime']}, ai-edge-litert {tools['ai-edge-litert']}.",
        ]
    )


def _row(model: ModelRow) -> dict[str, Any]:
    assert model.accuracy is not None
    accuracy = model.accuracy
    drop = next((drop for drop in accuracy.drops if drop.baseline == "teacher"), None)
    return {
        "name": model.name,
        "scheme": model.scheme,
        "parameters": model.parameters,
        "size_mb": round(model.size_mb, 3),
        "accuracy": [round(value, 2) for value in (accuracy.accuracy, accuracy.low, accuracy.high)],
        "below_teacher": drop and [round(value, 2) for value in (drop.points, drop.low, drop.high)],
        "latency_ms": {
            str(row.length): {
                name: [round(value, 3) for value in (figure.value, figure.low, figure.high)]
                for name, figure in (("p50", row.p50), ("p95", row.p95))
            }
            for row in model.latencies
        },
    }


def _interval(figures: list[float]) -> str:
    return "{:.2f} ({:.2f} to {:.2f})".format(*figures)


def _latency(found: dict[str, list[float]] | None) -> str:
    return f"{found['p50'][0]:.2f} / {found['p95'][0]:.2f}" if found else ""
