"""The longest input: what the model's positions, its configuration and its tokenizer take."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch
from command_line import edgekit
from tiny_checkpoint import tiny_tokenizer
from tiny_decoder import byte_level_bpe

from edgekit.models.input_length import usable_length


@pytest.mark.parametrize(
    ("wanted", "limit", "table", "padding", "configured", "usable"),
    [
        (128, 512, 512, None, 512, 128),
        (1000, 512, 600, None, 600, 512),
        (1000, 10**30, 512, None, 512, 512),
        (1000, 10**30, 514, 1, 514, 512),
        (1000, 10**30, None, None, 40, 40),
        (1000, 10**30, None, None, None, 1000),
        (1000, 10**30, None, None, -1, 1000),
    ],
)
def test_no_row_is_longer_than_model_and_tokenizer_take(wanted, limit, table, padding, configured, usable):
    model = torch.nn.Module()
    model.config = SimpleNamespace(max_position_embeddings=configured)
    if table is not None:
        model.position_embeddings = torch.nn.Embedding(table, 2, padding_idx=padding)
    assert usable_length(model, SimpleNamespace(model_max_length=limit), wanted) == usable


def saved_classifier(folder, tokenizer, config_class, **shape):
    """A tiny classifier of a family that cannot be taken apart, and a tokenizer that knows no limit."""
    import transformers

    tokenizer.model_max_length = 10**30
    config = getattr(transformers, config_class)(vocab_size=len(tokenizer), num_labels=2, **shape)
    torch.manual_seed(0)
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def exported_length(folder, out, *words):
    code, _, err = edgekit("export", folder, "--format", "onnx", "--scheme", "float", "-o", out, "--force", *words)
    return code, json.loads((out / "onnx/manifest.json").read_text()) if code == 0 else {}, err


def test_the_length_that_a_note_advises_is_one_that_is_taken(tmp_path):
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    shape |= {"max_position_embeddings": 514, "pad_token_id": 1}
    folder = saved_classifier(tmp_path / "xlmr", tiny_tokenizer("roberta"), "XLMRobertaConfig", **shape)
    code, manifest, err = exported_length(folder, tmp_path / "out", "--target", "android-arm64")
    assert code == 0, err
    advised = next(note for note in manifest["notes"] if "the model itself takes 512" in note)
    assert "--max-length" in advised
    code, manifest, err = exported_length(folder, tmp_path / "out", "--max-length", "512")
    assert (code, manifest.get("max_length")) == (0, 512), err
    code, _, err = exported_length(folder, tmp_path / "out", "--max-length", "513")
    assert (code, "more than the 512 tokens" in err) == (2, True), err


def test_a_family_without_positions_takes_any_length(tmp_path):
    tokenizer = byte_level_bpe()
    tokenizer.pad_token = tokenizer.eos_token
    folder = saved_classifier(
        tmp_path / "bloom", tokenizer, "BloomConfig", hidden_size=16, n_layer=1, n_head=2, pad_token_id=0
    )
    code, manifest, err = exported_length(folder, tmp_path / "out", "--max-length", "700")
    assert (code, manifest.get("max_length")) == (0, 700), err
