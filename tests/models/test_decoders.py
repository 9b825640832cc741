"""Decoder checkpoints: opened up, computing the same, and saved as plain Hugging Face folders again."""

from __future__ import annotations

import pytest
import torch
from tiny_decoder import KINDS, TEXTS, byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama
from transformers import AutoModelForCausalLM, AutoTokenizer

from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_decoder, load_tokenizer, open_checkpoint, save_checkpoint
from edgekit.models.registry import describe_decoder


def logits(model, ids):
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_opened_model_computes_what_transformers_computes(decoder_checkpoints, kind):
    folder = decoder_checkpoints[kind]
    ids = AutoTokenizer.from_pretrained(folder)(TEXTS[0])["input_ids"]
    theirs = AutoModelForCausalLM.from_pretrained(folder).eval()
    torch.testing.assert_close(logits(load_decoder(open_checkpoint(folder)), ids), logits(theirs, ids))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_is_a_plain_folder_with_the_same_weights(decoder_checkpoints, kind, tmp_path):
    checkpoint = open_checkpoint(decoder_checkpoints[kind])
    save_checkpoint(load_decoder(checkpoint), load_tokenizer(checkpoint), tmp_path, lineage=())
    before = AutoModelForCausalLM.from_pretrained(checkpoint.path).state_dict()
    after = AutoModelForCausalLM.from_pretrained(tmp_path).state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert open_checkpoint(tmp_path).extras.blocks == ()


def test_the_description_names_every_weight_once(decoder_checkpoints):
    for kind, folder in decoder_checkpoints.items():
        model = load_decoder(open_checkpoint(folder))
        decoder = describe_decoder(model)
        named = {id(layer.weight) for layer in [*decoder.dense(), *decoder.embeddings]}
        matrices = {id(parameter) for parameter in model.parameters() if parameter.ndim == 2}
        assert named == matrices, kind
        assert decoder.tied == (kind != "llama-24")
        block = decoder.blocks[1]
        assert block.query.out_features == block.heads * block.head_size
        assert block.key.out_features == block.kv_heads * block.head_size


def test_rotations_are_those_of_the_model(decoder_checkpoints):
    model = load_decoder(open_checkpoint(decoder_checkpoints["llama"]))
    cosines, sines = describe_decoder(model).rotary(5)
    angles = torch.arange(5)[:, None] / 10_000 ** (torch.arange(8) / 8)
    torch.testing.assert_close(cosines, angles.cos())
    torch.testing.assert_close(sines, angles.sin())


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (tiny_gpt2, {"scale_attn_by_inverse_layer_idx": True}, "scales its attention by layer"),
        (tiny_llama, {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "'dynamic'"),
    ],
)
def test_variants_that_no_file_reproduces_are_refused(make, changes, message, tmp_path):
    tokenizer = byte_level_bpe()
    folder = save_decoder(make(tokenizer, **changes), tokenizer, tmp_path / "odd")
    with pytest.raises(UsageError, match=message):
        load_decoder(open_checkpoint(folder))


def test_missing_weights_are_named(decoder_checkpoints, tmp_path):
    from safetensors.torch import save_file

    model = AutoModelForCausalLM.from_pretrained(decoder_checkpoints["llama-24"])
    folder = save_decoder(model, AutoTokenizer.from_pretrained(decoder_checkpoints["llama-24"]), tmp_path / "x")
    save_file({n: t for n, t in model.state_dict().items() if n != "lm_head.weight"}, folder / "model.safetensors")
    with pytest.raises(UsageError, match=r"lack lm_head\.weight"):
        load_decoder(open_checkpoint(folder))


def test_another_family_is_refused_by_name(tmp_path, decoder_checkpoints):
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    config = GPTNeoXConfig(
        vocab_size=300, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    tokenizer = AutoTokenizer.from_pretrained(decoder_checkpoints["gpt2"])
    folder = save_decoder(GPTNeoXForCausalLM(config), tokenizer, tmp_path / "neox")
    with pytest.raises(UsageError, match="gpt_neox"):
        load_decoder(open_checkpoint(folder))
