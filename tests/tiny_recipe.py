"""A recipe that takes seconds: three easy classes, a model of a few thousand weights, every stage of the road."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from made_once import made_once

WORDS = {
    "light": ("lamp", "light", "bright", "dark", "bulb"),
    "door": ("door", "lock", "key", "gate", "bolt"),
    "music": ("song", "music", "loud", "album", "tune"),
}
FILLERS = ("please", "now", "the", "my", "in", "kitchen", "could", "you", "would", "bedroom")


def rows(count: int, seed: int) -> list[tuple[str, str]]:
    generator = random.Random(seed)
    made = []
    for index in range(count):
        label = sorted(WORDS)[index % 3]
        words = [*generator.sample(FILLERS, 4), generator.choice(WORDS[label])]
        generator.shuffle(words)
        made.append((" ".join(words), label))
    return made


def write_data(folder: Path) -> Path:
    folder.mkdir()
    for seed, (split, count) in enumerate({"train": 600, "validation": 90, "test": 150}.items()):
        lines = [f"{text}\t{label}" for text, label in rows(count, seed)]
        (folder / f"{split}.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n")
    return folder


def write_recipe(folder: Path, **changes) -> Path:
    """A recipe in JSON; `changes` replace its top-level keys."""
    training = {"batch_size": 16, "max_length": 16, "learning_rate": 3e-3}
    recipe = {
        "name": "tiny",
        "model": {"layers": 2, "hidden": 32, "heads": 2, "ffn": 64, "vocabulary": 200, "max_length": 32},
        "data": str(write_data(folder / "data") if not (folder / "data").exists() else folder / "data"),
        "target": "rpi4",
        "stages": {
            "finetune": {"epochs": 6, **training},
            "distill": {"epochs": 4, "student": {"layers": 1}, **training},
            "prune": {"epochs": 1, "heads": 0.5, "ffn": 0.5, "multiple_of": 16, "samples": 64, **training},
            "quantize": {},
            "export": {"format": "onnx", "max_length": 16},
            "profile": {"min_seconds": 0.1, "min_runs": 20, "length": [16], "processes": 1},
        },
        "budgets": [
            {"metric": "size_mb", "limit": 1},
            {"metric": "min_accuracy", "limit": 70},
            {"metric": "peak_memory_mb", "limit": 10000, "target": "x86-64", "length": 16},
            # what is measured on a busy machine is inconclusive, and here it is measured for a moment only
            {"metric": "latency_p95_ms", "limit": 1000, "target": "x86-64", "length": 16, "gate": False},
            {"metric": "latency_p95_ms", "limit": 1000, "target": "rpi4", "gate": False},
        ],
    }
    path = folder / "tiny.json"
    path.write_text(json.dumps(recipe | changes))
    return path


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A finished run of the tiny recipe, made once: (recipe, folder of the run, its summary)."""
    from edgekit.flows.run.run import run

    def make(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EDGEKIT_DEVICE_HOME", str(folder / "device"))
            recipe = write_recipe(folder)
            return recipe, folder / "run", run(recipe, out=folder / "run")

    return made_once(tmp_path_factory, "finished-run", make)
