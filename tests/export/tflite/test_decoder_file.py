"""Decoders in TFLite: what transformers computes, however tokens are fed; weights once; the plan's own integers."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tiny_decoder import CONTEXT, KINDS, TEXTS
from transformers import AutoModelForCausalLM, AutoTokenizer

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.runtimes.registry import open_decoder_session
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.flows.export import export
from edgekit.models.checkpoint import load_decoder, open_checkpoint
from edgekit.options.export_options import ExportOptions

pytestmark = pytest.mark.skipif(find_spec("litert_torch") is None, reason="TFLite export has no wheel for this host")
CLOSE = {"atol": 1e-4, "rtol": 1e-4}
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle_of(decoder_checkpoints, tmp_path_factory):
    """The TFLite bundle of a kind and scheme; converting one takes many seconds, so each is made once."""
    made = {}

    def get(kind, scheme="float", target="rpi5"):
        if (kind, scheme, target) not in made:
            options = ExportOptions(target=target, format="tflite", scheme=scheme)
            out = tmp_path_factory.mktemp("tflite-decoders") / "bundle"
            made[kind, scheme, target] = export(decoder_checkpoints[kind], out, options)[0]
        return made[kind, scheme, target]

    return get


def logits_of(folder, ids):
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0].numpy()


def long_ids(folder):
    """More than one piece of the file, and no multiple of it."""
    ids = AutoTokenizer.from_pretrained(folder)(" ".join(TEXTS[:2]))["input_ids"]
    return (ids * 4)[: CONTEXT - 5]


FLOATS = ["llama", *(pytest.param(kind, marks=SLOW) for kind in KINDS if kind != "llama")]


@pytest.mark.parametrize("kind", FLOATS)
def test_logits_are_those_of_transformers(decoder_checkpoints, bundle_of, kind):
    ids = long_ids(decoder_checkpoints[kind])
    wanted = logits_of(decoder_checkpoints[kind], ids)
    session = open_decoder_session(bundle_of(kind) / "model.tflite", CONTEXT)
    np.testing.assert_allclose(session.logits_of(ids), wanted, **CLOSE)
    for cut in (1, 5, 7, 64, 65, 66, len(ids) - 1):
        session.reset()
        np.testing.assert_allclose(session.prefill(ids[:cut]), wanted[cut - 1], **CLOSE)
        np.testing.assert_allclose(session.prefill(ids[cut:]), wanted[-1], **CLOSE)
        assert session.length == len(ids)
    session.reset()
    np.testing.assert_allclose([session.step(token) for token in ids], wanted, **CLOSE)
    session.reset()
    found = [session.logits_of(ids[:11]), session.logits_of(ids[11:])]
    np.testing.assert_allclose(np.concatenate(found), wanted, **CLOSE)
    assert wanted.std() > 0.5


@pytest.mark.parametrize("kind", FLOATS)
def test_greedy_tokens_are_those_of_generate_up_to_a_full_cache(decoder_checkpoints, bundle_of, kind):
    folder = decoder_checkpoints[kind]
    generator = open_generator(bundle_of(kind))
    generator.bundle.manifest["generation"]["eos_ids"] = []
    generation = generator.start(TEXTS[0][:24], limits=GenerationLimits(max_tokens=500))
    list(generation)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    rows = tokenizer(TEXTS[0][:24], return_tensors="pt", return_token_type_ids=False)
    room = CONTEXT - rows["input_ids"].shape[1]
    wanted = model.generate(**rows, do_sample=False, max_new_tokens=room, eos_token_id=None, pad_token_id=0)
    found = [*generation.prompt_ids, *generation.ids]
    assert generation.finish == "context"
    assert found[:CONTEXT] == wanted[0].tolist()


def test_weights_lie_in_the_file_once(bundle_of):
    manifest = Manifest.read(bundle_of("llama") / "manifest.json")
    assert manifest.outputs[0].shape == (None, 320)
    assert manifest.inputs[2].shape == (1, 2, CONTEXT, 16)
    # beside them: rotations, and three graphs of some hundred operators
    assert manifest.files["model.tflite"].bytes < 4 * manifest.parameters + 80_000


def test_a_full_cache_and_wrong_capacities_are_said(bundle_of):
    path = bundle_of("llama") / "model.tflite"
    with pytest.raises(BadInput, match="a cache of 96 tokens, not 97"):
        open_decoder_session(path, CONTEXT + 1)
    session = open_decoder_session(path, 8)
    session.prefill([1, 2, 3])
    for call in (lambda: session.prefill([4] * 6), lambda: session.logits_of([4] * 6)):
        with pytest.raises(BadInput, match="3 tokens and 6 more do not fit"):
            call()
    assert session.length == 3
    with pytest.raises(BadInput, match="onnxruntime does not read"):
        open_decoder_session(path, 8, runtime="onnxruntime")


def test_generate_writes_the_same_from_both_formats(bundle_of, decoder_bundles):
    texts = []
    for folder in (bundle_of("llama"), decoder_bundles["llama"]):
        words = ["generate", str(folder), "once upon", "--max-tokens", "40", "--json"]
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        assert result.exception is None, result.exception
        texts.append(json.loads(result.stdout)["text"])
    assert texts[0] == texts[1] != ""


SCHEMES = [
    ("gpt2", "int8-dynamic", "rpi5"),
    pytest.param("llama-24", "int8-dynamic", "rpi5", marks=SLOW),
    pytest.param("gpt2", "int4-weight", "rpi5", marks=SLOW),
    # the heads' 48 values are no multiple of a block: these layers stay at 8 bits
    pytest.param("llama-24", "int4-weight", "rpi5", marks=SLOW),
    # weights behind an explicit dequantize, for tflite-runtime
    pytest.param("llama", "int8-weight", "rpi4-32bit", marks=SLOW),
]


@pytest.mark.parametrize(("kind", "scheme", "target"), SCHEMES)
def test_integers_are_the_plans_and_lie_in_the_file_once(decoder_checkpoints, bundle_of, kind, scheme, target):
    manifest = Manifest.read(bundle_of(kind, scheme, target) / "manifest.json")
    assert manifest.parity.reference == "simulation"
    model = load_decoder(open_checkpoint(decoder_checkpoints[kind]))
    planned = {name: dict(model.named_parameters())[name].numel() for name in manifest.plan.tensors}
    packed = sum(count * manifest.plan.tensors[name].bits // 8 for name, count in planned.items())
    floats = 4 * (manifest.parameters - sum(planned.values()))
    # scales, rotations and the graphs are beside them
    assert packed + floats < manifest.files["model.tflite"].bytes < packed + floats + 100_000
    if target == "rpi4-32bit":
        assert manifest.parity.max_abs_difference < 1e-3


def test_the_integers_in_the_file_are_those_of_the_plan(decoder_checkpoints, bundle_of):
    from ai_edge_litert import schema_py_generated as schema

    data = (bundle_of("gpt2", "int8-dynamic") / "model.tflite").read_bytes()
    file = schema.ModelT.InitFromPackedBuf(data, 0)
    model = load_decoder(open_checkpoint(decoder_checkpoints["gpt2"]))
    apply_plan(model, make_plan(model, "int8-dynamic"))
    table = model.transformer.wte.weight.detach().numpy()
    scales = np.abs(table).max(axis=1, keepdims=True) / 127
    found = [
        (graph.name, tensor)
        for graph in file.subgraphs
        for tensor in graph.tensors
        if tuple(tensor.shape) == table.shape and tensor.type == schema.TensorType.INT8
    ]
    # looked up by two graphs, multiplied by two: one buffer
    assert len({tensor.buffer for _, tensor in found}) == 1
    assert len(found) >= 4
    held = np.asarray(file.buffers[found[0][1].buffer].data).view(np.int8).reshape(table.shape)
    np.testing.assert_allclose(held * scales, table, atol=1e-6)
