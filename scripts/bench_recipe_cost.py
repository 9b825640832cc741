"""What a recipe for published weights costs on this machine: rows a second, hours, and memory of each training.

    .venv/bin/python scripts/bench_recipe_cost.py distilbert-sst2-rpi4 --vocabulary vocab.txt --data SST2_FOLDER

A model of the published shape with random weights is trained for a few steps with the options of the recipe; the hours
are those of all its steps at that speed, an estimate. The vocabulary is the published one. Prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from edgekit.options.recipe import Recipe, load_recipe

# recipe -> the classes of transformers for its model and its tokenizer, and what differs from their defaults
SHAPES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "distilbert-sst2-rpi4": ("DistilBert", "BertTokenizerFast", {}),
    "albert-intents-rpi-zero2w": (
        "Albert",
        "AlbertTokenizerFast",
        {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
    ),
    "chinese-reviews-android": ("Bert", "BertTokenizerFast", {}),
}


def main() -> None:
    """Train a little, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=SHAPES)
    parser.add_argument("--vocabulary", required=True, type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--option", action="append", default=[], help="of finetune and distill, as of its data")
    parser.add_argument("--steps", type=int, default=20)
    given = parser.parse_args()
    recipe = load_recipe(given.recipe)
    print("| training | rows a second | hours (estimate) | memory, GB |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _checkpoint(given.recipe, given.vocabulary, folder / "model")
        data = ["--data", given.data, *given.option]
        print(_row("finetune", recipe, [folder / "model", *data, "-o", folder / "teacher"], given.steps), flush=True)
        print(_row("distill", recipe, [folder / "teacher", *data, "-o", folder / "student"], given.steps))


def _checkpoint(name: str, vocabulary: Path, out: Path) -> None:
    """Random weights of the published shape, with the published vocabulary."""
    import transformers

    family, tokenizer_class, changes = SHAPES[name]
    tokenizer = getattr(transformers, tokenizer_class)(vocab_file=str(vocabulary))
    config = getattr(transformers, f"{family}Config")(vocab_size=len(tokenizer), **changes)
    getattr(transformers, f"{family}ForSequenceClassification")(config).save_pretrained(out)
    tokenizer.save_pretrained(out)


def _row(stage: str, recipe: Recipe, words: list[object], steps: int) -> str:
    """Run a stage for some steps with the recipe's options; a line of the table."""
    options = getattr(recipe.stages, stage)
    flags = ["--max-length", options.max_length, "--batch-size", options.batch_size]
    if stage == "distill":
        flags += ["--student", f"layers={options.student.layers}"]
    # epochs that come to as many steps are not known before the rows are read, so the first run reads them
    found, _ = _edgekit(stage, *words, *flags, "--epochs", 1e-6, "--force")
    rows = found["data"]["splits"]["train"]["rows"]
    found, peak = _edgekit(stage, *words, *flags, "--epochs", steps * options.batch_size / rows, "--force")
    speed = statistics.median(step["rows_per_s"] for step in found["training"]["losses"][1:])
    hours = rows * options.epochs / speed / 3600
    return f"| {stage}, {options.epochs:g} epochs of {rows:,} rows | {speed:.0f} | {hours:.1f} | {peak:.1f} |"


def _edgekit(*words: object) -> tuple[dict[str, Any], float]:
    """What a command prints as JSON, and the most memory that it held, in GB."""
    command = [sys.executable, "-m", "edgekit", *map(str, words), "--json"]
    with tempfile.TemporaryFile() as out, subprocess.Popen(command, stdout=out) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    # kilobytes, but on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    result: dict[str, Any] = json.loads(printed)
    return result, usage.ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
