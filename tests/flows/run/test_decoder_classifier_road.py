"""Classifiers on a decoder's body, the whole road: from nothing, or a language model, to a measured bundle."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2
from tiny_recipe import write_data, write_recipe

from edgekit.agent.inference.bundle import open_bundle, read_golden
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.golden import run_golden
from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.export import export
from edgekit.flows.inspect import inspect
from edgekit.flows.profile.profile import profile
from edgekit.flows.quantize import quantize
from edgekit.flows.run.run import run
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint
from edgekit.models.registry import describe_decoder
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.stage_options import EvaluateOptions, QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.shape import Scratch, WantedShape

SHORT = {"epochs": 2, "batch_size": 16, "max_length": 24, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return DataSpec.from_text(str(write_data(tmp_path_factory.mktemp("data") / "rows")))


def road(family, data, folder, formats, scheme):
    """Every stage once; returns the folders of the bundles."""
    scratch = Scratch(family=family, layers=2, hidden=64, heads=4, ffn=64, vocabulary=300, max_length=32)
    teacher = finetune(scratch, data, folder / "teacher", FinetuneOptions(task="text-classification", **SHORT))
    shape = WantedShape(layers=1, hidden=32, ffn=48)
    student = distill(teacher, data, folder / "student", DistillOptions(student=shape, **SHORT))
    pruning = PruneOptions(heads=0.5, ffn=0.67, multiple_of=16, samples=32, **SHORT)
    pruned = prune(student, data, folder / "pruned", pruning)
    quantized = quantize(pruned, folder / "quantized", QuantizeOptions(scheme=scheme))
    return export(quantized, folder / "bundles", ExportOptions(format=formats, max_length=24))


def check(bundle, folder, family, data):
    (block,) = describe_decoder(load_classifier(open_checkpoint(folder / "pruned"))).blocks
    assert (block.heads, block.head_size, block.ffn) == (1, 16, 32)
    manifest = inspect(bundle).manifest
    assert (manifest.family, manifest.task) == (family, "text-classification")
    assert [(found.heads, found.ffn) for found in manifest.blocks] == [(1, 32)]
    classifier = open_classifier(bundle)
    cases = read_golden(open_bundle(bundle))
    assert run_golden(classifier, cases).cases == len(cases) > 5
    assert classifier.classify("").label in manifest.labels
    assert {"token embedding", "attention", "FFN", "head"} <= {part.name for part in inspect(folder / "pruned").parts}
    # three classes; a road that loses the way ends at a third
    assert evaluate(folder / "teacher", data, EvaluateOptions()).accuracy.accuracy > 90
    assert evaluate(bundle, data, EvaluateOptions()).accuracy.accuracy > 60


@pytest.mark.usefixtures("device_home")
@pytest.mark.parametrize("family", ["gpt2", pytest.param("llama", marks=pytest.mark.slow)])
def test_from_nothing_to_a_measured_bundle(family, data, tmp_path):
    (bundle,) = road(family, data, tmp_path, "onnx", "int8-dynamic")
    check(bundle, tmp_path, family, data)
    (taken,) = profile(bundle, ProfileOptions(min_seconds=0, min_runs=5, warmup=1, processes=1, length=(16,)))
    assert taken.length == 16
    result = CliRunner().invoke(cli, ["predict", str(bundle), "turn the lamp on", "--json"])
    assert result.exit_code == 0, result.output
    gate = ["gate", str(bundle), "--budget", "size_mb=1", "--json"]
    assert CliRunner().invoke(cli, gate).exit_code == 0


@pytest.mark.slow
def test_both_formats_answer_alike(data, tmp_path):
    pytest.importorskip("litert_torch", reason="TFLite export has no wheel for this host")
    bundles = road("gpt2", data, tmp_path, "all", "int8-weight")
    assert sorted(bundle.name for bundle in bundles) == ["onnx", "tflite"]
    for bundle in bundles:
        check(bundle, tmp_path, "gpt2", data)
    one, other = (evaluate(bundle, data, EvaluateOptions()).predicted for bundle in bundles)
    assert one == other


def test_a_language_model_becomes_a_classifier(data, tmp_path):
    """The body is kept, the head is new, and the bundle answers as the checkpoint, of an empty text as well."""
    tokenizer = byte_level_bpe()
    start = save_decoder(tiny_gpt2(tokenizer), tokenizer, tmp_path / "gpt2")
    options = FinetuneOptions(task="text-classification", **SHORT | {"epochs": 1})
    teacher = finetune(start, data, tmp_path / "teacher", options)
    assert json.loads((teacher / "config.json").read_text())["architectures"] == ["GPT2ForSequenceClassification"]
    assert len(load_tokenizer(open_checkpoint(teacher))("")["input_ids"]) == 1
    (bundle,) = export(teacher, tmp_path / "out", ExportOptions(format="onnx", scheme="float", max_length=24))
    wanted = evaluate(teacher, data, EvaluateOptions(max_length=24)).predicted
    assert evaluate(bundle, data, EvaluateOptions()).predicted == wanted


@pytest.mark.usefixtures("device_home")
def test_a_recipe_says_its_task_once(tmp_path):
    """A language model, or the shape of one, becomes a classifier where the recipe is for classification."""
    tokenizer = byte_level_bpe()
    start = save_decoder(tiny_gpt2(tokenizer), tokenizer, tmp_path / "gpt2")
    stages = {"finetune": SHORT | {"epochs": 0.1}, "export": {"format": "onnx", "max_length": 24}}
    shape = {"family": "llama", "layers": 1, "hidden": 32, "heads": 2, "ffn": 32, "vocabulary": 300, "max_length": 32}
    for name, model in (("pretrained", str(start)), ("shape", shape)):
        told = {"name": name, "model": model, "task": "text-classification", "stages": stages, "budgets": []}
        summary = run(write_recipe(tmp_path, **told), out=tmp_path / name)
        assert [model.name for model in summary.models] == ["teacher", "onnx"]
        assert all(model.accuracy is not None and model.perplexity is None for model in summary.models)
        assert "--task text-classification" in summary.commands[0]
        assert summary.lineage[0].options["task"] == "text-classification"


def test_a_recipe_that_says_two_tasks_is_refused(tmp_path):
    stages = {"finetune": {"task": "text-generation"}}
    with pytest.raises(UsageError, match=r"text-classification.*stages\.finetune\.task.*text-generation"):
        run(write_recipe(tmp_path, task="text-classification", stages=stages), out=tmp_path / "run")
