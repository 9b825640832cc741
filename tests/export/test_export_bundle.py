import json

import numpy as np
import onnx
import pytest
import torch
from bundles import build, quantized
from onnx import numpy_helper
from tiny_checkpoint import TEXTS, tiny_classifier

from edgekit.agent.inference.bundle import open_bundle, read_golden
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.golden import run_golden
from edgekit.bundle.manifest import Manifest
from edgekit.errors import ParityError, ToolError, UsageError
from edgekit.export.tasks.text_classification import HARD_TEXTS

PAIRS = [(first, second) for first in TEXTS[:3] for second in TEXTS[3:]]


@pytest.fixture(scope="module")
def bundle(model, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    build(quantized(model, tokenizer, "int8-dynamic"), folder, golden=[*TEXTS, *PAIRS])
    return folder


def test_the_agent_opens_it_and_reproduces_every_golden_case(bundle):
    classifier = open_classifier(bundle)
    cases = read_golden(open_bundle(bundle))
    assert any(case.text_pair for case in cases)
    assert run_golden(classifier, cases).cases == len(cases) >= 10


def test_the_hard_texts_are_among_the_cases(bundle):
    texts = [json.loads(line)["text"] for line in (bundle / "golden.jsonl").read_text().splitlines()]
    assert len(set(texts) & set(HARD_TEXTS)) >= len(HARD_TEXTS) // 2


def test_the_folder_holds_what_is_needed_and_nothing_else(bundle):
    assert {path.name for path in bundle.iterdir()} == {
        "README.md",
        "config.json",
        "golden.jsonl",
        "manifest.json",
        "model.onnx",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_the_manifest_counts_run_time_files_only(bundle):
    manifest = Manifest.read(bundle / "manifest.json")
    assert {name for name, file in manifest.files.items() if file.runtime} == {
        "model.onnx",
        "tokenizer.json",
        "config.json",
    }
    assert manifest.size_mb == pytest.approx(
        sum((bundle / name).stat().st_size for name in ("model.onnx", "tokenizer.json", "config.json")) / 1e6
    )


def test_nothing_of_this_machine_is_written(bundle):
    from pathlib import Path

    for path in bundle.iterdir():
        data = path.read_bytes()
        assert str(Path(__file__).parents[2]).encode() not in data
        assert str(bundle.parent).encode() not in data


def test_the_card_says_what_it_is(bundle):
    card = (bundle / "README.md").read_text()
    assert card.startswith("---\npipeline_tag: text-classification\n")
    assert "lights, weather, alarm" in card


def _corrupt(path):
    """Change one weight matrix of a written file, or the scales of its integers, as a broken converter would."""
    model = onnx.load(path)
    for value in model.graph.initializer:
        array = numpy_helper.to_array(value)
        if value.name in ("block0_ffn_out.weight", "block0_ffn_out.scale") and array.dtype == np.float32:
            value.CopyFrom(numpy_helper.from_array(5 * np.roll(array, 1, axis=0), value.name))
    onnx.save(model, path)


def test_a_file_that_does_not_reproduce_its_reference_is_an_error_that_names_the_worst_case(
    model, tokenizer, tmp_path, monkeypatch
):
    from edgekit.export.onnx import format

    true_writer = format.write_encoder_graph

    def broken_writer(model, weights, path, **options):
        file = true_writer(model, weights, path, **options)
        _corrupt(path)
        return file

    monkeypatch.setattr(format, "write_encoder_graph", broken_writer)
    for scheme in ("float", "int8-dynamic"):
        with pytest.raises(ParityError, match=r"differ by up to .* for '"):
            build(quantized(model, tokenizer, scheme), tmp_path / scheme)
        assert not (tmp_path / scheme / "manifest.json").exists()


def test_a_file_with_not_a_number_is_an_error(model, tokenizer, tmp_path):
    source = quantized(model, tokenizer, "float")
    source.model.classifier.bias.data[0] = float("nan")
    with pytest.raises(ParityError):
        build(source, tmp_path / "bundle")


def test_weights_off_their_grid_are_an_error(model, tokenizer, tmp_path):
    source = quantized(model, tokenizer, "int8-dynamic")
    source.model.distilbert.transformer.layer[0].ffn.lin1.weight.data *= 1.01
    with pytest.raises(ToolError, match="grid"):
        build(source, tmp_path / "bundle")


def test_a_scheme_that_the_target_does_not_execute_is_refused(model, tokenizer, tmp_path):
    with pytest.raises(UsageError, match="rpi4-32bit"):
        build(quantized(model, tokenizer, "int8-dynamic"), tmp_path / "bundle", format="tflite", target="rpi4-32bit")


def test_a_tokenizer_without_tokenizer_json_is_refused(model, tokenizer, tmp_path):
    from dataclasses import replace

    class Slow:
        is_fast = False

    with pytest.raises(UsageError, match=r"tokenizer\.json"):
        build(replace(quantized(model, tokenizer, "float"), tokenizer=Slow()), tmp_path / "bundle")


@pytest.mark.parametrize("scheme", ["int8-dynamic", "int4-weight"])
def test_logits_near_zero_may_move_as_much_as_rounding_moves_them(tokenizer, tmp_path, scheme):
    """A value beside a rounding boundary moves small logits as much as large ones: no fault of a conversion."""
    model = tiny_classifier(tokenizer, seed=8)
    model.classifier.weight.data *= 100
    with torch.inference_mode():
        model.classifier.bias.data -= model(**tokenizer(TEXTS[0], return_tensors="pt")).logits[0]
    manifest = build(quantized(model, tokenizer, scheme), tmp_path / scheme)
    assert manifest.parity.max_abs_difference > 0.1
    cases = read_golden(open_bundle(tmp_path / scheme))
    assert run_golden(open_classifier(tmp_path / scheme), cases).cases == len(cases)
