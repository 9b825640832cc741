"""What a directly built graph gains: edgekit's export against optimum's and LiteRT's own routes, same random model.

All files are run in interleaved rounds on this machine, so that its moods fall on all of them alike; ratios are
medians of per-round ratios. Prints a table; --json FILE keeps the raw samples.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

VOCABULARY = 8000
LAYERS, HIDDEN, HEADS, FFN = 6, 384, 6, 1536


def main() -> None:
    """Build, run, print."""
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder), options.length)
        sizes = {name: path.stat().st_size / 1e6 for name, path in files.items()}
        samples = measure(files, options.length, options.threads, options.rounds)
    print(table(sizes, samples))
    if options.json:
        report = {"length": options.length, "threads": options.threads, "mb": sizes, "samples_ms": samples}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def build(folder: Path, length: int) -> dict[str, Path]:
    """Write every contender; returns its model file by name."""
    import torch

    from edgekit.models.encoder import Encoder
    from edgekit.models.registry import describe_encoder

    torch.manual_seed(0)
    model = _random_model()
    encoder: Encoder = describe_encoder(model)
    assert len(encoder.blocks) == LAYERS
    files = {"optimum int8-dynamic": _optimum(model, folder / "optimum")}
    for scheme in ("float", "int8-dynamic", "int8-static", "int4-weight"):
        files[f"edgekit onnx {scheme}"] = _edgekit(model, folder / scheme, "onnx", scheme, length)
    files["LiteRT own int8-dynamic"] = _litert(model, folder / "litert.tflite", length)
    files["edgekit tflite int8-dynamic"] = _edgekit(model, folder / "tflite", "tflite", "int8-dynamic", length)
    return files


def measure(files: dict[str, Path], length: int, threads: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of one inference of each file, in rounds in which each runs once."""
    runs = {name: _runner(path, length, threads) for name, path in files.items()}
    for run in runs.values():
        for _ in range(5):
            run()
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            samples[name].append((time.perf_counter() - start) * 1e3)
    return samples


def table(sizes: dict[str, float], samples: dict[str, list[float]]) -> str:
    """A Markdown table; the ratio is against the first row, above 1 is faster."""
    first = samples[next(iter(samples))]
    lines = ["| file | MB | p50 ms | times as fast |", "|---|---|---|---|"]
    for name, values in samples.items():
        ratio = statistics.median(base / value for base, value in zip(first, values, strict=True))
        lines.append(f"| {name} | {sizes[name]:.1f} | {statistics.median(values):.1f} | {ratio:.2f} |")
    return "\n".join(lines)


def _random_model() -> Any:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    config = DistilBertConfig(
        vocab_size=VOCABULARY, n_layers=LAYERS, dim=HIDDEN, n_heads=HEADS, hidden_dim=FFN, max_position_embeddings=512
    )
    return DistilBertForSequenceClassification(config).eval()


def _edgekit(model: Any, folder: Path, format: str, scheme: Any, length: int) -> Path:
    import copy

    from edgekit.compress.quantization.quantize import apply_plan, make_plan
    from edgekit.export.activation_range import ActivationRange
    from edgekit.export.onnx.encoder_graph import write_encoder_graph
    from edgekit.export.quantized_weights import QuantizedWeights
    from edgekit.export.tflite.classifier_file import write_tflite_classifier
    from edgekit.schema.resources import load_target

    own = copy.deepcopy(model)
    plan = make_plan(own, scheme, ["unused"])
    weights = QuantizedWeights(own, plan, apply_plan(own, plan))
    folder.mkdir()
    if format == "tflite":
        return folder / write_tflite_classifier(own, weights, folder, lengths=(length,), explicit=False).file
    ranges = dict.fromkeys(plan.tensors, ActivationRange(-4, 4))
    signed = load_target("x86-64").multiplies_signed
    write_encoder_graph(own, weights, folder / "model.onnx", max_length=length, ranges=ranges, signed=signed)
    return folder / "model.onnx"


def _optimum(model: Any, folder: Path) -> Path:
    """What `optimum-cli export onnx` and then `quantize` with per-channel int8 write, for the cores at hand."""
    from optimum.exporters.onnx import onnx_export_from_model
    from optimum.onnxruntime import ORTQuantizer
    from optimum.onnxruntime.configuration import AutoQuantizationConfig

    from edgekit.agent.machine.cpu import saturates

    model.save_pretrained(folder)
    onnx_export_from_model(model, folder, task="text-classification", do_validation=False)
    quantizer = ORTQuantizer.from_pretrained(folder, file_name="model.onnx")
    # unsigned weights, or signed ones, which are right with VNNI alone and faster there
    best = AutoQuantizationConfig.avx2 if saturates() else AutoQuantizationConfig.avx512_vnni
    settings = best(is_static=False, per_channel=True)
    quantizer.quantize(save_dir=folder / "int8", quantization_config=settings)
    return folder / "int8" / "model_quantized.onnx"


def _litert(model: Any, path: Path, length: int) -> Path:
    """litert-torch on the unchanged model, then ai-edge-quantizer's dynamic int8 recipe."""
    import litert_torch
    import torch
    from ai_edge_quantizer import quantizer, recipe

    from edgekit.agent.capture_stderr import captured_output

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    ones = torch.ones(1, length, dtype=torch.int32)
    with captured_output():
        litert_torch.convert(Plain().eval(), sample_kwargs={"input_ids": ones, "attention_mask": ones}).export(
            str(path)
        )
        tool = quantizer.Quantizer(str(path), recipe.dynamic_wi8_afp32())
        quantized = path.with_name("litert_int8.tflite")
        tool.quantize().export_model(str(quantized))
    return quantized


def _runner(path: Path, length: int, threads: int) -> Callable[[], object]:
    from edgekit.agent.runtimes.registry import open_session

    session = open_session(path, threads=threads)
    generator = np.random.default_rng(0)
    feeds = {
        spec.name: generator.integers(5, VOCABULARY, (1, length)) if "ids" in spec.name else np.ones((1, length))
        for spec in session.inputs(length)
    }
    typed = {name: value.astype(np.int64) for name, value in feeds.items()}
    return lambda: session.run(typed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_const", const=20, default=100, dest="rounds", help="20 rounds, not 100"
    )
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to keep the raw samples")
    return parser.parse_args()


if __name__ == "__main__":
    main()
