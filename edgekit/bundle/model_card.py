"""The model card of a bundle: a short README.md, computed from the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from edgekit.bundle.manifest import Manifest, Origin
from edgekit.tasks.registry import task_named

CARD_FILE = "README.md"
_PRECISION = {
    "float": "32-bit floats",
    "int8-dynamic": "8-bit weights, activations rounded to 8 bits at run time",
    "int8-static": "8-bit weights, activations rounded to 8 bits with ranges calibrated beforehand",
    "int8-weight": "8-bit weights, computed in float",
    "int4-weight": "4-bit weights in blocks, 8-bit embeddings",
}
# a decoder is the same file in both schemes of 8 bits
_ROUNDED = ", activations rounded to 8 bits block by block on cores with fast integer products"
_DECODER_PRECISION = {
    "float": _PRECISION["float"],
    "int8-dynamic": f"8-bit weights{_ROUNDED}",
    "int8-weight": f"8-bit weights{_ROUNDED}",
    "int4-weight": f"4-bit weights in blocks, 8-bit embeddings{_ROUNDED}",
}


def _of_data(manifest: Manifest) -> list[str]:
    """What should not be passed on without a thought."""
    count = manifest.lineage[-1].golden_texts if manifest.lineage else 0
    if not count:
        return []
    return [
        "",
        f"Up to {count} of these texts are rows of the data that it was validated on: give others a package "
        "(`edgekit package`), which leaves them out.",
    ]


def _metadata(manifest: Manifest) -> dict[str, Any]:
    """As the hub's documentation of model cards has it; `base_model` of what came from the hub alone."""
    start = manifest.lineage[0].model if manifest.lineage else None
    results = [
        {
            "task": {"type": manifest.task},
            "dataset": {"name": data, "type": data.partition("/")[0], "split": split},
            "metrics": [
                {"type": name, "value": round(value, 3)} for name, value in figures.items() if value is not None
            ],
        }
        for data, split, figures in _evaluations(manifest)
    ]
    return {
        **({"base_model": start.name} if isinstance(start, Origin) and start.source == "hub" else {}),
        "pipeline_tag": manifest.task,
        "library_name": manifest.format,
        "tags": ["edgekit", manifest.scheme, manifest.target],
        **({"model-index": [{"name": manifest.name, "results": results}]} if results else {}),
    }


def _evaluations(manifest: Manifest) -> Iterator[tuple[str, str, dict[str, float | None]]]:
    """Data, split and figures of each evaluation, by the hub's names of metrics; None where there is none."""
    for found in manifest.accuracy:
        yield (
            found.data,
            found.split,
            {"accuracy": found.accuracy, "f1": found.macro_f1, "matthews_correlation": found.mcc},
        )
    for text in manifest.perplexity:
        yield text.data, text.split, {"perplexity": text.perplexity}
    for sets in manifest.label_sets:
        yield sets.data, sets.split, {"f1": sets.micro_f1}
    for numbers in manifest.numbers:
        yield numbers.data, numbers.split, {"mae": numbers.mae, "spearmanr": numbers.spearman}


def model_card(manifest: Manifest) -> str:
    """Markdown with the metadata header that the Hugging Face hub reads, evaluations of the test rows in it."""
    parity, noun = manifest.parity, task_named(manifest.task).bundle_noun
    lines = [
        "---",
        yaml.safe_dump(_metadata(manifest), sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "",
        f"# {manifest.name}",
        "",
        f"A {manifest.family} {noun} with {manifest.parameters / 1e6:.2f} M parameters for "
        f"{manifest.target}, as {manifest.model_file} ({manifest.size_mb:.2f} MB with its tokenizer), "
        f"run by {manifest.runtime}.",
        "",
        *([f"- labels: {', '.join(manifest.labels)}"] if manifest.labels else []),
        f"- weights: {(_DECODER_PRECISION if manifest.generation else _PRECISION)[manifest.scheme]}",
        f"- {'context' if manifest.generation else 'longest input'}: {manifest.max_length} tokens"
        + (f"; padded to {', '.join(map(str, manifest.lengths))}" if manifest.lengths else ""),
        f"- checked against its {parity.reference} on {parity.cases} texts: logits within "
        f"{parity.max_abs_difference:.2g}, {parity.labels_equal} "
        f"{'greedy texts' if manifest.generation else 'labels'} equal",
        *(f"- made by: {step.stage}" for step in manifest.lineage),
        *(f"- note: {note}" for note in manifest.notes),
        "",
        "The hash of every file, the quantization plan and the whole lineage are in `manifest.json`; the texts that "
        "any runtime must reproduce are in `golden.jsonl`.",
        *_of_data(manifest),
        "",
    ]
    return "\n".join(lines)
