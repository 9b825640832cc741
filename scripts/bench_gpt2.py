"""A small GPT-2 from a larger one, both trained here: perplexity with and without distillation, and of int8 bundles.

    .venv/bin/python scripts/bench_gpt2.py --stories STORIES.json --test OTHER_STORIES.txt --tokenizer GPT2_FOLDER

STORIES.json is a list of texts (TinyStories): the last tenth chooses the epoch, the rest is learned. The test text is
another file. GPT2_FOLDER holds GPT-2's own vocab.json and merges.txt, of which the tokens stay that the stories use.
Both students are cut from the teacher in the same way and see the same batches; only the loss differs. It goes on
where it stopped. Writes JSON, and prints it as a table. Takes three quarters of an hour on one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgekit.cli.progress import progress
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.export import export
from edgekit.flows.inspect import inspect
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.shape import Scratch, WantedShape

TEACHER = Scratch(family="gpt2", layers=4, hidden=256, heads=8, ffn=1024, max_length=256)
STUDENT = WantedShape(layers=2, hidden=128, heads=4, ffn=512)
VOCABULARY = 4000
LENGTH = 256
TITLES = {
    "teacher": "teacher, 4 layers of 256",
    "labels": "student, 2 layers of 128, from the labels",
    "distilled": "the same, distilled",
    "onnx": "its int8 bundle, ONNX",
    "tflite": "its int8 bundle, TFLite",
}


def main() -> None:
    """Train, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", required=True, type=Path)
    parser.add_argument("--test", required=True, type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs/gpt2"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "gpt2.json")
    given = parser.parse_args()
    models = train(split(given.stories, given.test, given.runs), given.tokenizer, given.runs)
    result = measure(models, DataSpec(test=given.test))
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


def split(stories: Path, test: Path, runs: Path) -> DataSpec:
    """The first nine tenths of the stories to learn from and the last to choose by, as files; no story is in both."""
    texts = list(dict.fromkeys(json.loads(stories.read_text(encoding="utf-8"))))
    known = test.read_text(encoding="utf-8")
    texts = [text for text in texts if text.strip() not in known]
    runs.mkdir(parents=True, exist_ok=True)
    cut = len(texts) * 9 // 10
    parts = {"train": texts[:cut], "validation": texts[cut:]}
    for name, part in parts.items():
        (runs / f"{name}.json").write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")
    return DataSpec(name="tinystories", train=runs / "train.json", validation=runs / "validation.json")


def train(data: DataSpec, tokenizer: Path, runs: Path) -> dict[str, Path]:
    """Teacher, both students and the bundles of the distilled one, each made once."""
    told = progress()

    def once(name: str, make: Callable[[Path], object]) -> Path:
        out = runs / name
        if not out.exists():
            make(out)
        return out

    def student(soft_weight: float) -> DistillOptions:
        return DistillOptions(
            student=STUDENT, soft_weight=soft_weight, epochs=10, learning_rate=1e-3, batch_size=8, max_length=LENGTH
        )

    # one step: to trim a vocabulary there must be a model that has it
    first = FinetuneOptions(tokenizer=tokenizer, epochs=1e-6, batch_size=8, max_length=LENGTH)
    start = once("start", lambda out: finetune(TEACHER, data, out, first, progress=told))
    options = PruneOptions.parse({"vocabulary": VOCABULARY, "texts": data.train}, "prune")
    trimmed = once("trimmed", lambda out: prune(start, None, out, options, progress=told))
    whole = FinetuneOptions(epochs=10, learning_rate=1e-3, batch_size=8, max_length=LENGTH, weight_decay=0.1)
    teacher = once("teacher", lambda out: finetune(trimmed, data, out, whole, progress=told))
    labels = once("labels", lambda out: distill(teacher, data, out, student(0.0), progress=told))
    distilled = once("distilled", lambda out: distill(teacher, data, out, student(0.7), progress=told))
    bundles = once(
        "bundles",
        lambda out: export(distilled, out, ExportOptions(format="all", max_length=LENGTH), progress=told),
    )
    return {
        "teacher": teacher,
        "labels": labels,
        "distilled": distilled,
        "onnx": bundles / "onnx",
        "tflite": bundles / "tflite",
    }


def measure(models: dict[str, Path], data: DataSpec) -> dict[str, Any]:
    """The perplexity of each model on the test text, and its distance to both students."""
    found = {}
    for name, path in models.items():
        against = {base: models[base] for base in ("teacher", "labels") if base != name}
        record = perplexity(path, data, against=against, progress=progress())
        found[name] = {"size_mb": inspect(path).size_mb, **record.model_dump(mode="json")}
    return {"models": found}


def table(result: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| model | MB | perplexity (95 %) | bits per byte | above the teacher, % (95 %) |",
        "|---|---|---|---|---|",
    ]
    for name, row in result["models"].items():
        above = next((each for each in row["increases"] if each["baseline"] == "teacher"), None)
        cells = [
            TITLES[name],
            f"{row['size_mb']:.2f}",
            f"{row['perplexity']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
            f"{row['bits_per_byte']:.4f}",
            f"{above['pct']:.2f} ({above['low']:.2f} to {above['high']:.2f})" if above else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
