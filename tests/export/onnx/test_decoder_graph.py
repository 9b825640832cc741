"""Decoders in ONNX: what transformers computes, however the tokens are fed; tables once; the plan's own integers."""

from __future__ import annotations

import json
import os

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from stock_readers import stock_reader
from tiny_decoder import CONTEXT, KINDS, TEXTS, save_decoder, tiny_gpt2, tiny_llama
from transformers import AutoModelForCausalLM, AutoTokenizer

from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.runtimes.registry import open_decoder_session
from edgekit.bundle.manifest import Manifest
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.errors import ParityError, UsageError
from edgekit.export.bundle import build_bundle
from edgekit.export.lowering import resolve
from edgekit.export.onnx.graph_builder import OnnxGraph
from edgekit.export.parity import FLOAT
from edgekit.export.source import Source
from edgekit.export.tasks.text_generation import HARD_PROMPTS, check, reference_texts
from edgekit.flows.export import export
from edgekit.models.checkpoint import load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.transformers_release import release
from edgekit.options.export_options import ExportOptions
from edgekit.schema.plan import Plan, TensorPlan
from edgekit.schema.resources import load_target
from edgekit.tasks import text_generation

SCHEMES = ("int8-dynamic", "int8-weight", "int4-weight")


def theirs(folder):
    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def greedy(folder, prompt, count):
    model, tokenizer = theirs(folder)
    rows = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
    options = {"do_sample": False, "max_new_tokens": count, "eos_token_id": None, "pad_token_id": 0}
    return model.generate(**rows, **options)[0].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_transformers(decoder_checkpoints, decoder_bundles, kind):
    model, tokenizer = theirs(decoder_checkpoints[kind])
    ids = tokenizer(TEXTS[0])["input_ids"]
    with torch.inference_mode():
        wanted = model(torch.tensor([ids])).logits[0].numpy()
    session = open_decoder_session(decoder_bundles[kind] / "model.onnx", CONTEXT)
    close = {"atol": 1e-4, "rtol": 1e-4}
    np.testing.assert_allclose(session.logits_of(ids), wanted, **close)
    for cut in (1, 2, len(ids) - 1):
        session.reset()
        np.testing.assert_allclose(session.prefill(ids[:cut]), wanted[cut - 1], **close)
        np.testing.assert_allclose(session.prefill(ids[cut:]), wanted[-1], **close)
    session.reset()
    stepped = [session.step(token).copy() for token in ids]
    np.testing.assert_allclose(stepped, wanted, **close)
    assert wanted.std() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_tokens_are_those_of_generate_and_of_no_cache(decoder_checkpoints, decoder_bundles, kind):
    generator = open_generator(decoder_bundles[kind])
    generator.bundle.manifest["generation"]["eos_ids"] = []
    prompt = TEXTS[0][:24]
    generation = generator.start(prompt, limits=GenerationLimits(max_tokens=40))
    list(generation)
    found = [*generation.prompt_ids, *generation.ids]
    assert found == greedy(decoder_checkpoints[kind], prompt, 40)
    ids = list(generation.prompt_ids)
    for _ in range(40):
        generator.session.reset()
        ids.append(int(generator.session.prefill(ids).argmax()))
    assert found == ids


@pytest.mark.parametrize(("heads", "kv_heads", "head_dim"), [(4, 4, 16), (4, 1, 32), (6, 3, 8), (3, 1, 64)])
def test_any_grouping_and_size_of_heads(heads, kv_heads, head_dim, tmp_path, decoder_checkpoints):
    tokenizer = AutoTokenizer.from_pretrained(decoder_checkpoints["llama"])
    if release() >= 5 and 64 % heads:
        pytest.skip("transformers 5 takes no heads that do not divide the width")
    sizes = {"num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim}
    folder = save_decoder(tiny_llama(tokenizer, **sizes, num_hidden_layers=1), tokenizer, tmp_path / "made")
    checkpoint = open_checkpoint(folder)
    source = source_of(load_decoder(checkpoint), load_tokenizer(checkpoint))
    manifest = bundle(source, tmp_path / "bundle")
    assert manifest.parity.labels_equal == manifest.parity.cases
    assert manifest.inputs[2].shape == (None, kv_heads, None, head_dim)


def source_of(model, tokenizer, *plan):
    return Source(model, tokenizer, "made", *plan, task=text_generation.TASK)


def bundle(source, folder, max_length=CONTEXT):
    folder.mkdir()
    target = load_target("rpi5")
    return build_bundle(source, resolve(target, "onnx", source.scheme).up_to(max_length), target, folder)


@pytest.mark.parametrize("activation", ["gelu", "relu", "gelu_pytorch_tanh"])
def test_other_activations(activation, tmp_path, decoder_checkpoints):
    tokenizer = AutoTokenizer.from_pretrained(decoder_checkpoints["gpt2"])
    model = tiny_gpt2(tokenizer, activation_function=activation, n_layer=1, n_inner=40)
    checkpoint = open_checkpoint(save_decoder(model, tokenizer, tmp_path / "made"))
    bundle(source_of(load_decoder(checkpoint), tokenizer), tmp_path / "bundle")


def test_an_activation_without_a_lowering_is_refused_by_name(tmp_path, decoder_checkpoints):
    tokenizer = AutoTokenizer.from_pretrained(decoder_checkpoints["gpt2"])
    folder = save_decoder(tiny_gpt2(tokenizer, activation_function="laplace"), tokenizer, tmp_path / "made")
    with pytest.raises(UsageError, match="laplace"):
        bundle(source_of(load_decoder(open_checkpoint(folder)), tokenizer), tmp_path / "bundle")


def test_heads_without_an_operator_are_refused(tmp_path, decoder_checkpoints):
    tokenizer = AutoTokenizer.from_pretrained(decoder_checkpoints["llama"])
    folder = save_decoder(tiny_llama(tokenizer, head_dim=20), tokenizer, tmp_path / "made")
    with pytest.raises(UsageError, match="heads of 20 values"):
        bundle(source_of(load_decoder(open_checkpoint(folder)), tokenizer), tmp_path / "bundle")


def test_more_than_a_file_holds_is_refused_before_it_is_written(tmp_path):
    graph = OnnxGraph()
    graph.constant("huge", np.empty(2**29, np.float32))
    with pytest.raises(UsageError, match=r"would have 2,147 MB"):
        graph.save(tmp_path / "model.onnx", [], [])
    assert not (tmp_path / "model.onnx").exists()


def test_more_positions_than_the_model_has_are_refused(tmp_path, decoder_checkpoints):
    checkpoint = open_checkpoint(decoder_checkpoints["gpt2"])
    with pytest.raises(UsageError, match=f"more than the model's {CONTEXT}"):
        source = source_of(load_decoder(checkpoint), load_tokenizer(checkpoint))
        bundle(source, tmp_path / "bundle", max_length=CONTEXT + 1)


@pytest.fixture(scope="module")
def quantized(decoder_checkpoints, tmp_path_factory):
    """(kind, scheme) -> (bundle, manifest, plan, scales, model on the grid)."""
    root = tmp_path_factory.mktemp("quantized")
    made = {}
    for kind in KINDS:
        for scheme in SCHEMES:
            checkpoint = open_checkpoint(decoder_checkpoints[kind])
            model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
            plan = make_plan(model, scheme)
            scales = apply_plan(model, plan)
            folder = root / f"{kind}-{scheme}"
            made[kind, scheme] = folder, bundle(source_of(model, tokenizer, plan, scales), folder), plan, model
    return made


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_quantized_file_follows_its_simulation(quantized, kind, scheme):
    folder, manifest, plan, _ = quantized[kind, scheme]
    assert manifest.parity.reference == "simulation"
    operators = [node.op_type for node in onnx.load(folder / "model.onnx").graph.node]
    assert "MatMul" not in operators
    assert "FusedMatMul" not in operators
    # packed query, key and value; output; two feed-forward layers or three; and the head
    assert operators.count("MatMulNBits") == (9 if kind == "gpt2" else 11)
    bits = {name: tensor.bits for name, tensor in plan.tensors.items()}
    assert set(bits.values()) == ({4, 8} if scheme == "int4-weight" else {8})
    assert all(size == 8 for name, size in bits.items() if name.endswith(("wte.weight", "embed_tokens.weight")))
    assert bits.get("lm_head.weight", 8) == 8


@pytest.mark.parametrize("scheme", ["int8-weight", "int4-weight"])
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_the_file_holds_the_plans_integers_and_the_tied_table_once(quantized, kind, scheme):
    folder, _, _, model = quantized[kind, scheme]
    constants = {t.name: numpy_helper.to_array(t) for t in onnx.load(folder / "model.onnx").graph.initializer}
    table = model.get_input_embeddings().weight.detach().numpy()
    tables = [
        name for name, value in constants.items() if value.shape[:1] == table.shape[:1] and value.size >= table.size
    ]
    assert tables == ["words.weight"]
    blocks, scales = constants["words.weight"], constants["words.scale"]
    values = (blocks.astype(np.float32) - 128) * scales
    np.testing.assert_array_equal(values.reshape(len(table), -1)[:, : table.shape[1]], table)
    sizes = {"int8-weight": 0.45, "int4-weight": 0.4}
    floats = 4 * sum(parameter.numel() for parameter in model.parameters())
    assert (folder / "model.onnx").stat().st_size < sizes[scheme] * floats + 20_000


def test_a_mixed_plan_is_lowered_tensor_by_tensor(decoder_checkpoints, tmp_path):
    checkpoint = open_checkpoint(decoder_checkpoints["gpt2"])
    model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
    block = "transformer.h.0."
    tensors = {
        "transformer.wte.weight": TensorPlan(bits=4, block=32),
        f"{block}attn.c_attn.query.weight": TensorPlan(bits=8, block=16),
        f"{block}attn.c_attn.value.weight": TensorPlan(bits=4),
        f"{block}mlp.c_proj.weight": TensorPlan(bits=8),
    }
    plan = Plan(scheme="int4-weight", activations="float", tensors=tensors)
    manifest = bundle(source_of(model, tokenizer, plan, apply_plan(model, plan)), tmp_path / "bundle")
    operators = [node.op_type for node in onnx.load(tmp_path / "bundle" / "model.onnx").graph.node]
    assert operators.count("MatMulNBits") == 4
    assert manifest.parity.labels_equal >= manifest.parity.cases - 1


def test_a_float_tied_table_is_stored_once(decoder_bundles, decoder_checkpoints):
    for kind in ("gpt2", "llama"):
        model, _ = theirs(decoder_checkpoints[kind])
        floats = 4 * sum(parameter.numel() for parameter in model.parameters())
        assert (decoder_bundles[kind] / "model.onnx").stat().st_size < floats + 40_000
        found = onnx.load(decoder_bundles[kind] / "model.onnx").graph.initializer
        assert sum(model.config.vocab_size in tensor.dims for tensor in found) == 1


def test_int8_changes_little_of_the_float_model(quantized, decoder_bundles):
    ids = list(range(5, 40))
    for kind in KINDS:
        exact = open_decoder_session(decoder_bundles[kind] / "model.onnx", CONTEXT).logits_of(ids)
        found = open_decoder_session(quantized[kind, "int8-weight"][0] / "model.onnx", CONTEXT).logits_of(ids)
        assert np.sqrt(np.mean((found - exact) ** 2)) < 0.1 * exact.std(), kind


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_optimum_opens_the_bundle_and_writes_the_same(decoder_bundles, decoder_checkpoints, kind):
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    ORTModelForCausalLM = stock_reader("ORTModelForCausalLM")

    folder = decoder_bundles[kind]
    model, tokenizer = ORTModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    rows = tokenizer([TEXTS[0][:24]] * 2, return_tensors="pt", return_token_type_ids=False)
    options = {"do_sample": False, "max_new_tokens": 30, "eos_token_id": None, "pad_token_id": 0}
    wanted = greedy(decoder_checkpoints[kind], TEXTS[0][:24], 30)
    assert model.generate(**rows, **options).tolist() == [wanted, wanted]
    assert len(tokenizer(TEXTS[0] * 9)["input_ids"]) > CONTEXT, "prompts are not to be cut"


def test_a_broken_cache_fails_parity(decoder_bundles, decoder_checkpoints):
    checkpoint = open_checkpoint(decoder_checkpoints["gpt2"])
    model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
    cases = reference_texts(source_of(model, tokenizer), HARD_PROMPTS, 0, CONTEXT)
    generator = open_generator(decoder_bundles["gpt2"])
    assert check(generator, cases, FLOAT, "checkpoint").labels_equal == len(cases)
    session = generator.session
    step = session.step

    def forgetful(token):
        session.length = max(1, session.length - 1)  # the newest key and value are overwritten
        return step(token)

    session.step = forgetful
    with pytest.raises(ParityError, match="token by token"):
        check(generator, cases, FLOAT, "checkpoint")


def test_the_manifest_and_card_say_what_it_is(decoder_bundles):
    manifest = Manifest.read(decoder_bundles["llama"] / "manifest.json")
    assert (manifest.task, manifest.labels, manifest.max_length) == ("text-generation", (), CONTEXT)
    assert (manifest.generation.bos_id, manifest.generation.eos_ids) == (1, (2,))
    assert {name for name, file in manifest.files.items() if file.runtime} == {
        *("config.json", "generation_config.json", "tokenizer.json", "model.onnx")
    }
    card = (decoder_bundles["llama"] / "README.md").read_text()
    assert "pipeline_tag: text-generation" in card
    assert "decoder" in card
    rows = [json.loads(line) for line in (decoder_bundles["llama"] / "golden.jsonl").read_text().splitlines()]
    assert {row["text"] for row in rows if row["origin"] == "fixed"} == set(HARD_PROMPTS)
    assert {row["origin"] for row in rows} == {"fixed", "vocabulary"}
    assert all(len(row["tokens"]) >= 30 for row in rows)


def test_a_quantized_checkpoint_is_exported_as_its_plan_says(decoder_checkpoints, quantized, tmp_path):
    from edgekit.flows.quantize import quantize
    from edgekit.options.stage_options import QuantizeOptions

    for kind in ("gpt2", "llama"):
        made = quantize(decoder_checkpoints[kind], tmp_path / kind, QuantizeOptions(scheme="int8-weight"))
        [folder] = export(made, tmp_path / f"{kind}-out", ExportOptions(target="rpi5", format="onnx"))
        direct = quantized[kind, "int8-weight"][0]
        assert (folder / "model.onnx").read_bytes() == (direct / "model.onnx").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"scheme": "int8-static"}, "int8-static"), ({"max_length": 97}, "97")],
)
def test_what_cannot_be_is_refused_in_one_line(decoder_checkpoints, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        export(decoder_checkpoints["gpt2"], tmp_path / "out", ExportOptions(**({"target": "rpi5"} | options)))
    assert not (tmp_path / "out").exists()
