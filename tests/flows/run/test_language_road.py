"""Every decoder family down the whole road of a language model: from nothing to a bundle that writes."""

from __future__ import annotations

import importlib.util
import json

import pytest
import torch
from click.testing import CliRunner
from tiny_decoder import TEXTS

from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.export import export
from edgekit.flows.profile.profile import profile
from edgekit.flows.quantize import quantize
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.models.checkpoint import load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.registry import describe_decoder
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.stage_options import EvaluateOptions, QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.families import DECODERS
from edgekit.schema.shape import Scratch, WantedShape

SHORT = {"epochs": 1, "batch_size": 4, "max_length": 32, "learning_rate": 3e-3}
PROMPTS = ["once upon a", "", "明天 🔥 naïve", "the fox and the crow " * 5]
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tales")
    for split, times in (("train", 30), ("validation", 6), ("test", 4)):
        (folder / f"{split}.txt").write_text("\n".join(TEXTS * times), encoding="utf-8")
    return DataSpec.from_text(str(folder))


def road(family, data, folder, formats):
    """Every stage once; returns the folders of the bundles."""
    shape = Scratch(family=family, layers=2, hidden=64, heads=4, ffn=64, vocabulary=300, max_length=64)
    teacher = finetune(shape, data, folder / "teacher", FinetuneOptions(**SHORT))
    wanted = WantedShape(layers=1, hidden=32, ffn=48)
    student = distill(teacher, data, folder / "student", DistillOptions(student=wanted, **SHORT))
    pruning = PruneOptions(heads=0.5, ffn=0.67, multiple_of=16, samples=8, **SHORT)
    pruned = prune(student, data, folder / "pruned", pruning)
    quantized = quantize(pruned, folder / "quantized", QuantizeOptions(scheme="int8-weight"))
    return export(quantized, folder / "bundles", ExportOptions(target="rpi5", format=formats, max_length=48))


def check_greedy(folder, prompt, ids):
    """Each token is the best of the checkpoint, run without a cache, but for ties that rounded activations decide."""
    checkpoint = open_checkpoint(folder)
    model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
    begin = tokenizer.bos_token_id
    before = tokenizer(prompt)["input_ids"] or [tokenizer.eos_token_id if begin is None else begin]
    with torch.inference_mode():
        logits = model(torch.tensor([[*before, *ids]])).logits[0, len(before) - 1 : -1]
    chosen = logits[torch.arange(len(ids)), torch.tensor(ids)]
    assert (logits.max(-1).values - chosen).max() < 0.05
    assert logits.std() > 0.5


@pytest.mark.usefixtures("device_home")
@pytest.mark.parametrize(
    ("family", "formats"), [("gpt2", "onnx"), *(pytest.param(name, "all", marks=SLOW) for name in DECODERS)]
)
def test_from_nothing_to_a_bundle_that_writes(family, formats, data, tmp_path):
    if formats == "all" and not importlib.util.find_spec("litert_torch"):
        pytest.skip("TFLite export has no wheel for this host")
    bundles = road(family, data, tmp_path, formats)
    assert len(bundles) == (2 if formats == "all" else 1)
    (block,) = describe_decoder(load_decoder(open_checkpoint(tmp_path / "pruned"))).blocks
    assert (block.heads, block.ffn) == (1, 32)
    short = EvaluateOptions(max_length=32)
    wanted = perplexity(tmp_path / "quantized", data, short)
    for bundle in bundles:
        manifest = Manifest.of(bundle)
        assert (manifest.family, manifest.task, manifest.scheme) == (family, "text-generation", "int8-weight")
        assert [step.stage for step in manifest.lineage] == ["finetune", "distill", "prune", "quantize", "export"]
        found = perplexity(bundle, data, short, against={"teacher": tmp_path / "teacher"})
        assert found.tokens == wanted.tokens
        assert found.perplexity == pytest.approx(wanted.perplexity, rel=0.01)
        options = ProfileOptions(length=(8,), threads=(1,), min_seconds=0, min_runs=5, warmup=1, processes=1)
        assert [taken.length for taken in profile(bundle, options)] == [8]
        for prompt in PROMPTS:
            words = ["generate", str(bundle), prompt, "--max-tokens", "8", "--json"]
            result = CliRunner().invoke(cli, words)
            assert result.exit_code == 0, result.output
            report = json.loads(result.stdout)
            assert len(report["ids"]) == 8 or report["finish"] in ("eos", "context")
            check_greedy(tmp_path / "quantized", prompt, report["ids"])
