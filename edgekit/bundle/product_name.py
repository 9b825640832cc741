"""What a model is called as a product: by its recipe or the model that it began as, never by the stage it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgekit.bundle.manifest import Origin, Step
from edgekit.errors import UsageError
from edgekit.options.data_options import EMBEDDED
from edgekit.schema.base_model import read_mapping

# how commands and people call the folder of a stage, or what lies in it
_STAGES = frozenset(
    (
        *(
            "teacher",
            "student",
            "distilled",
            "distill",
            "finetuned",
            "finetune",
            "trained",
            "train",
            "pruned",
            "prune",
        ),
        *("trimmed", "trim", "quantized", "quantize", "quant", "exported", "export", "out", "output", "run", "runs"),
        *(
            "bundle",
            "bundles",
            "packages",
            "model",
            "models",
            "checkpoint",
            "checkpoints",
            "ckpt",
            "tmp",
            "new",
            "old",
        ),
        *("onnx", "tflite", "litert", "float", "int", "fp", "dynamic", "static", "weight", "mixed", "final", "best"),
    )
)
# the recipe that people try their own data with: its name says nothing of a model
DEMO = "quickstart"
# the summary that a run writes beside its stages; the name of the recipe is in it
_SUMMARY = "summary.json"


def product_name(own: str, lineage: Sequence[Step], folder: Path, task: str) -> str:
    """`own`, unless it says no more than of which stage a model is; then the best that is known.

    own:     the name of the checkpoint's folder, or the one that a manifest has of it
    lineage: of the checkpoint or the bundle, the first step first
    folder:  the one it lies in; above it are perhaps those of a run, whose recipe names it
    task:    what it is called where nothing else is known
    Data of a person's own gives no name: a package, which bears this one, goes to others.
    """
    if not _is_of_a_stage(own):
        return own
    names = (*_of_run(folder), *_of_start(lineage))
    return next((name for name in names if not _is_of_a_stage(name)), task)


def _is_of_a_stage(name: str) -> bool:
    """Whether a name has no word but those of stages and formats: `quantized`, `student-int8`, `onnx2`."""
    words = re.findall(r"[^\W\d_]+\d*", name.lower())
    return all(word.rstrip("0123456789") in {*_STAGES, DEMO, "v"} for word in words)


def _of_run(folder: Path) -> Iterator[str]:
    """The name of the recipe whose run made this folder: a stage in the run's, or a bundle two below it."""
    for place in (folder.parent, folder.parent.parent):
        try:
            if (place / _SUMMARY).is_file() and isinstance(name := read_mapping(place / _SUMMARY).get("name"), str):
                yield name
        except UsageError:  # some other program's
            continue


def _of_start(lineage: Sequence[Step]) -> Iterator[str]:
    """The data set that ships with edgekit, which a lineage learned from, or the model that it began as."""
    if any(step.data and step.data.get("name") == EMBEDDED for step in lineage):
        yield EMBEDDED
    for step in lineage[:1]:
        if isinstance(step.model, Origin):
            yield step.model.name.rpartition("/")[2]
