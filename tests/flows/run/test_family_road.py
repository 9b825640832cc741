"""Every family down the whole road, on pairs of sentences: from nothing to a bundle that tells them apart."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from click.testing import CliRunner

from edgekit.agent.inference.classifier import open_classifier
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.export import export
from edgekit.flows.profile.profile import profile
from edgekit.flows.quantize import quantize
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.models.checkpoint import open_checkpoint
from edgekit.models.registry import family
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.stage_options import EvaluateOptions, QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.families import ENCODERS
from edgekit.schema.shape import Scratch, WantedShape

WORDS = ("light", "door", "music", "alarm", "window", "kettle", "fan", "gate")
PAIRS = [(first, second) for first, second in itertools.product(WORDS, WORDS)]
SHORT = {"epochs": 1, "batch_size": 16, "max_length": 16, "learning_rate": 1e-3}


pytestmark = pytest.mark.usefixtures("device_home")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Whether both sentences speak of the same thing."""
    folder = tmp_path_factory.mktemp("pairs")
    generator = random.Random(0)
    for split, count in {"train": 60, "validation": 20, "test": 20}.items():
        rows = [
            {"text": f"turn the {a} on", "text_pair": f"it is the {b}", "label": "same" if a == b else "other"}
            for a, b in generator.choices(PAIRS, k=count - 10)
            + [(word, word) for word in WORDS]
            + [("fan", "fan")] * 2
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return DataSpec(**{split: folder / f"{split}.jsonl" for split in ("train", "validation", "test")})


def road(name, data, folder, formats):
    """Every stage once; returns the folders of the bundles."""
    scratch = Scratch(family=name, layers=4, hidden=32, heads=2, ffn=64, vocabulary=200, max_length=32)
    teacher = finetune(scratch, data, folder / "teacher", FinetuneOptions(**SHORT))
    again = finetune(teacher, data, folder / "again", FinetuneOptions(**SHORT))
    student = distill(again, data, folder / "student", DistillOptions(student=WantedShape(layers=2), **SHORT))
    pruned = prune(student, data, folder / "pruned", PruneOptions(heads=0.5, multiple_of=16, samples=16, **SHORT))
    quantized = quantize(pruned, folder / "quantized", QuantizeOptions(scheme="int8-weight"))
    assert open_checkpoint(quantized).extras.plan.scheme == "int8-weight"
    return export(
        quantized, folder / "bundles", ExportOptions(format=formats, max_length=16), golden=[("turn on", "it is")]
    )


def check(bundle, name, data):
    manifest = Manifest.read(bundle / "manifest.json")
    assert manifest.family == name
    assert {spec.name for spec in manifest.inputs} == set(family(name).inputs)
    assert len(manifest.blocks) == (1 if name == "albert" else 2)
    assert manifest.pairs == "only"
    cases = [json.loads(line) for line in (bundle / "golden.jsonl").read_text().splitlines()]
    assert {case.get("origin") for case in cases if case["text_pair"] is not None} >= {"fixed", "vocabulary"}
    assert all(case["text_pair"] is not None for case in cases if case.get("origin") == "fixed")
    classifier = open_classifier(bundle)
    prediction = classifier.classify("turn the fan on", "it is the fan")
    assert prediction.label in ("same", "other")
    apart = classifier.classify("turn the fan on it", "is the fan").logits
    assert (apart != prediction.logits).any(), "the same words cut elsewhere are another pair"
    # three of four rows were trained on, and are left out
    assert evaluate(bundle, data, EvaluateOptions()).accuracy.rows == 5
    (taken,) = profile(bundle, ProfileOptions(min_seconds=0, min_runs=5, warmup=1, processes=1, length=(16,)))
    assert taken.length == 16
    words = ["predict", str(bundle), "turn the fan on", "--pair", "it is the fan", "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["label"] == prediction.label


@pytest.mark.parametrize(
    "name", [name if name == "albert" else pytest.param(name, marks=pytest.mark.slow) for name in ENCODERS]
)
def test_from_nothing_to_a_bundle(name, data, tmp_path):
    (bundle,) = road(name, data, tmp_path, "onnx")
    check(bundle, name, data)
    checkpoint = evaluate(tmp_path / "quantized", data, EvaluateOptions(max_length=16))
    assert evaluate(bundle, data, EvaluateOptions()).predicted == checkpoint.predicted


@pytest.mark.slow
@pytest.mark.parametrize("name", ["albert", "bert"])
def test_pairs_in_both_formats(name, data, tmp_path):
    pytest.importorskip("litert_torch", reason="TFLite export has no wheel for this host")
    bundles = road(name, data, tmp_path, "all")
    assert sorted(bundle.name for bundle in bundles) == ["onnx", "tflite"]
    for bundle in bundles:
        check(bundle, name, data)
