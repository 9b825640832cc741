"""Removing a part must equal silencing it: logits of the smaller model against those of a masked one."""

from __future__ import annotations

import pytest
import torch
from tiny_checkpoint import tiny_classifier, tiny_tokenizer

from edgekit.models.checkpoint import load_classifier, open_checkpoint, save_checkpoint
from edgekit.models.registry import describe
from edgekit.models.resize import keep_blocks, keep_ffn, keep_heads, keep_hidden

TEXTS = ["turn on the kitchen lights", "is it going to rain on sunday, please tell me"]


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture
def model(tokenizer):
    return tiny_classifier(tokenizer)


def logits(model, tokenizer):
    with torch.no_grad():
        return model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits


def test_removed_heads_equal_silenced_heads(model, tokenizer):
    block = describe(model).blocks[0]
    silenced = tiny_classifier(tokenizer)
    other = describe(silenced).blocks[0]
    size = other.head_size
    with torch.no_grad():
        for head in (1, 2):
            other.output.weight[:, head * size : (head + 1) * size] = 0
        keep_heads(model, block, [0, 3])
    assert block.query.weight.shape == (2 * size, 64)
    assert torch.allclose(logits(model, tokenizer), logits(silenced, tokenizer), atol=1e-4)


def test_removed_neurons_equal_silenced_neurons(model, tokenizer):
    keep = torch.tensor([0, 5, 6, 90, 127])
    silenced = tiny_classifier(tokenizer)
    with torch.no_grad():
        gone = torch.ones(128, dtype=torch.bool)
        gone[keep] = False
        describe(silenced).blocks[1].ffn_out.weight[:, gone] = 0
        keep_ffn(describe(model).blocks[1], keep)
    assert torch.allclose(logits(model, tokenizer), logits(silenced, tokenizer), atol=1e-4)


def test_kept_blocks_run_in_their_order(model, tokenizer):
    before = describe(model).blocks[1].query.weight.clone()
    keep_blocks(model, [1])
    assert torch.equal(describe(model).blocks[0].query.weight, before)
    assert logits(model, tokenizer).isfinite().all()


def test_narrow_model_keeps_the_chosen_channels(model, tokenizer):
    channels = torch.arange(0, 64, 2)
    words = describe(model).token_embedding.weight[:, channels].clone()
    keep_hidden(model, channels)
    encoder = describe(model)
    assert encoder.hidden == 32
    assert torch.equal(encoder.token_embedding.weight, words)
    assert logits(model, tokenizer).shape == (2, 3)


def test_unevenly_pruned_model_survives_saving_and_loading(model, tokenizer, tmp_path):
    first, second = describe(model).blocks
    keep_heads(model, first, [2])
    keep_ffn(second, torch.arange(40))
    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    checkpoint = open_checkpoint(tmp_path)
    assert [(block.heads, block.ffn) for block in checkpoint.extras.blocks] == [(1, 128), (4, 40)]
    assert torch.equal(logits(load_classifier(checkpoint), tokenizer), logits(model, tokenizer))


def test_plain_model_stays_a_plain_hugging_face_folder(model, tokenizer, tmp_path):
    from transformers import AutoModelForSequenceClassification

    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    assert open_checkpoint(tmp_path).extras.blocks == ()
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    assert torch.equal(logits(again, tokenizer), logits(model, tokenizer))
