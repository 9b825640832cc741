"""A recipe for a classifier over several seeds: every model and bundle of it on the validation and the test rows.

    .venv/bin/python scripts/bench_recipe.py sst2 --seeds 0 1 2 \\
        --set data=SST2_FOLDER --set model=ENCODER_FOLDER --set stages.evaluate.split=test
    .venv/bin/python scripts/bench_recipe.py banking77 --set data=BANKING77_FOLDER --set model=ENCODER_FOLDER

The validation rows choose the epoch; the test rows choose nothing. It goes on where it stopped: a seed of sst2 takes
some three hours on one core. Writes JSON, and prints it as a table.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.agent.machine.conditions import fingerprint
from edgekit.cli.progress import progress
from edgekit.flows.evaluate.accuracy import accuracy
from edgekit.flows.inspect import inspect
from edgekit.flows.run.run import run
from edgekit.options.recipe import Recipe, load_recipe
from edgekit.options.stage_options import EvaluateOptions, SplitName
from edgekit.report.summary import ModelRow, Summary

SPLITS: tuple[SplitName, ...] = ("validation", "test")


def main() -> None:
    """Run, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of edgekit run")
    parser.add_argument("--name", help="of the folder of runs and of the result; default: the recipe's")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    given = parser.parse_args()
    name = given.name or given.recipe
    result = measure(given.recipe, given.set, given.seeds, given.runs / name)
    (given.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


def measure(recipe: str, settings: list[str], seeds: list[int], runs: Path) -> dict[str, Any]:
    """Every model of every seed."""
    found: dict[str, list[dict[str, Any]]] = {}
    told = load_recipe(recipe, settings)
    for seed in seeds:
        seeded = [f"stages.{stage}.seed={seed}" for stage in ("finetune", "distill") if getattr(told.stages, stage)]
        summary = run(recipe, [*settings, *seeded], out=runs / f"seed{seed}", progress=progress())
        for model in summary.models:
            found.setdefault(model.name, []).append(_answers(model, told))
    return {
        "title": summary.title,
        "seeds": seeds,
        "rows": summary.rows,
        "machine": fingerprint()["cpu_model"],
        "tools": summary.lineage[-1].tools,
        "stages": _told(summary),
        "models": [_over_seeds(name, rows, found["teacher"]) for name, rows in found.items()],
    }


def _answers(model: ModelRow, recipe: Recipe) -> dict[str, Any]:
    """What a model is, and which rows of each split it gets right."""
    told = recipe.evaluate or EvaluateOptions()
    asked = {
        split: accuracy(Path(model.path), recipe.data, told.model_copy(update={"split": split}), progress=progress())
        for split in SPLITS
    }
    return {
        "scheme": model.scheme,
        "size_mb": model.size_mb,
        "parameters": model.parameters,
        "parts_mb": {part.name: round(part.mb, 4) for part in inspect(model.path).parts},
        "truncated": asked["test"].accuracy.truncated,
        **{split: evaluation.right for split, evaluation in asked.items()},
    }


def _told(summary: Summary) -> dict[str, Any]:
    """What each stage was told, as its lineage keeps it, of the last seed."""
    return {step.stage: step.options for step in summary.lineage}


def _over_seeds(name: str, rows: list[dict[str, Any]], teachers: list[dict[str, Any]]) -> dict[str, Any]:
    """The accuracies of each seed, and what is lost against the teacher of the same seed over all of them."""
    first = rows[0]
    return {
        "name": name,
        "scheme": first["scheme"],
        "size_mb": round(max(row["size_mb"] for row in rows), 3),
        "parameters": first["parameters"],
        "parts_mb": first["parts_mb"],
        "truncated": first["truncated"],
        **{split: [round(100 * float(np.mean(row[split])), 2) for row in rows] for split in SPLITS},
        **{f"below_teacher_{split}": _below(rows, teachers, split) for split in SPLITS},
    }


def _below(rows: list[dict[str, Any]], teachers: list[dict[str, Any]], split: str) -> list[float]:
    """Points below the teacher: mean and normal 95 % interval over rows, the seeds of each row averaged before."""
    lost = 100 * np.mean(
        [np.subtract(teacher[split], row[split], dtype=float) for row, teacher in zip(rows, teachers, strict=True)],
        axis=0,
    )
    half = 1.959964 * lost.std(ddof=1) / np.sqrt(len(lost))
    return [round(float(value), 2) for value in (lost.mean(), lost.mean() - half, lost.mean() + half)]


def table(result: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| model | MB | validation, % | test, % | below the teacher on test, points (95 %) |",
        "|---|---|---|---|---|",
    ]
    for row in result["models"]:
        lost = "" if row["name"] == "teacher" else "{:.2f} ({:.2f} to {:.2f})".format(*row["below_teacher_test"])
        name = f"{row['name']}, {row['scheme']}"
        cells = [name, f"{row['size_mb']:.2f}", by_seed(row["validation"]), by_seed(row["test"]), lost]
        lines.append(f"| {' | '.join(cells)} |")
    rows = result["rows"]
    seeds = f" Mean of {len(result['seeds'])} seeds (each)." if len(result["seeds"]) > 1 else ""
    return "\n".join(
        [
            *lines,
            "",
            f"{rows['train']:,} training, {rows['validation']:,} validation, {rows['test']:,} test rows.{seeds}",
        ]
    )


def by_seed(values: list[float]) -> str:
    """A figure over its seeds: the mean, and each."""
    each = ", ".join(f"{value:.2f}" for value in values)
    return f"{np.mean(values):.2f} ({each})" if len(values) > 1 else each


if __name__ == "__main__":
    main()
