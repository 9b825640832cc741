"""Decoders cut down: the smaller one against one whose parts are silenced, saved and loaded, and cut to students."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from tiny_decoder import KINDS, TEXTS

from edgekit.compress.distillation.student import make_student
from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_classifier, load_decoder, load_tokenizer, open_checkpoint, save_checkpoint
from edgekit.models.registry import describe_decoder
from edgekit.models.resize import keep_blocks, keep_ffn, keep_heads, keep_hidden
from edgekit.schema.shape import WantedShape


@pytest.fixture(params=["text", "labels"])
def loaded(request, decoder_checkpoints, decoder_classifiers):
    """kind -> language model or classifier, tokenizer, and what loads such a checkpoint."""
    folders, load = {
        "text": (decoder_checkpoints, load_decoder),
        "labels": (decoder_classifiers, load_classifier),
    }[request.param]

    def open_one(kind):
        checkpoint = open_checkpoint(folders[kind])
        return load(checkpoint), load_tokenizer(checkpoint), load

    return open_one


def logits(model, tokenizer):
    with torch.inference_mode():
        return model(torch.tensor([tokenizer(TEXTS[0])["input_ids"]])).logits


def silence_head(block, head):
    width = block.output.in_features // block.kv_heads
    block.output.weight[:, head * width : (head + 1) * width] = 0


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_removed_heads_and_neurons_equal_silenced_ones(loaded, kind):
    model, tokenizer, _ = loaded(kind)
    silenced = copy.deepcopy(model)
    first, second = describe_decoder(model).blocks
    group = first.heads // first.kv_heads
    neurons = torch.tensor([0, 3, 50, 95])
    with torch.no_grad():
        other_first, other_second = describe_decoder(silenced).blocks
        for head in range(1, first.kv_heads):
            silence_head(other_first, head)
        gone = torch.ones(second.ffn, dtype=torch.bool)
        gone[neurons] = False
        other_second.ffn_out.weight[:, gone] = 0
        keep_heads(model, first, [0])
        keep_ffn(second, neurons)
    assert (first.kv_heads, first.heads, second.ffn) == (1, group, 4)
    torch.testing.assert_close(logits(model, tokenizer), logits(silenced, tokenizer), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_an_unevenly_pruned_decoder_is_saved_and_loaded(loaded, kind, tmp_path):
    model, tokenizer, load = loaded(kind)
    first, second = describe_decoder(model).blocks
    with torch.no_grad():
        keep_heads(model, first, [1])
        keep_ffn(second, torch.arange(40))
    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    checkpoint = open_checkpoint(tmp_path)
    found = [(block.heads, block.ffn) for block in checkpoint.extras.blocks]
    assert found == [(first.heads, first.ffn), (second.heads, 40)]
    again = load(checkpoint)
    assert torch.equal(logits(again, tokenizer), logits(model, tokenizer))
    assert describe_decoder(again).tied == describe_decoder(model).tied


def test_a_pruned_decoder_that_lacks_a_weight_is_refused_by_name(loaded, tmp_path):
    from safetensors.torch import load_file, save_file

    model, tokenizer, load = loaded("gpt2")
    with torch.no_grad():
        keep_ffn(describe_decoder(model).blocks[0], torch.arange(40))
    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    state = load_file(tmp_path / "model.safetensors")
    del state["transformer.wte.weight"]
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match=r"lack (lm_head|transformer\.wte)\.weight"):
        load(open_checkpoint(tmp_path))


@pytest.mark.parametrize("kind", KINDS)
def test_channels_that_carry_nothing_can_go(decoder_checkpoints, kind):
    """A gain of 0 hides a channel from all that reads the norms; those have as many values as are left, by hand."""
    model = load_decoder(open_checkpoint(decoder_checkpoints[kind]))
    decoder = describe_decoder(model)
    channels = torch.arange(0, decoder.hidden, 2)
    words, tied = decoder.token_embedding.weight[:, channels].clone(), decoder.tied
    block = decoder.blocks[1]
    query, output = block.query.weight[:, channels].clone(), block.output.weight[channels].clone()
    with torch.no_grad():
        keep_hidden(model, channels)
    narrow = describe_decoder(model)
    assert narrow.hidden == len(channels)
    assert narrow.tied == tied
    assert torch.equal(narrow.token_embedding.weight, words)
    assert torch.equal(narrow.blocks[1].query.weight, query)
    assert torch.equal(narrow.blocks[1].output.weight, output)
    if narrow.position_embedding is not None:
        assert narrow.position_embedding.embedding_dim == len(channels)


def test_kept_blocks_are_numbered_anew_for_the_cache(decoder_checkpoints):
    for kind in ("gpt2", "llama"):
        checkpoint = open_checkpoint(decoder_checkpoints[kind])
        model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
        keep_blocks(model, [1])
        ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
        with torch.inference_mode():
            whole = model(ids).logits[0, -1]
            cache = model(ids[:, :-1], use_cache=True).past_key_values
            stepped = model(ids[:, -1:], past_key_values=cache).logits[0, -1]
        torch.testing.assert_close(whole, stepped, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "shape", "heads"),
    [
        ("gpt2", WantedShape(layers=1, hidden=32, ffn=64), (2, 2)),
        ("llama", WantedShape(layers=1, hidden=32, ffn=48), (2, 1)),
        ("llama-24", WantedShape(ffn=32), (2, 1)),
    ],
)
def test_a_student_of_every_width_is_a_plain_folder(loaded, kind, shape, heads, tmp_path):
    teacher, tokenizer, load = loaded(kind)
    student = make_student(teacher, shape)
    block = describe_decoder(student).blocks[0]
    assert (block.heads, block.kv_heads, block.ffn) == (*heads, shape.ffn)
    save_checkpoint(student, tokenizer, tmp_path, lineage=())
    checkpoint = open_checkpoint(tmp_path)
    assert checkpoint.extras.blocks == ()
    plain = type(teacher).from_pretrained(tmp_path).eval()
    assert torch.equal(logits(load(checkpoint), tokenizer), logits(student, tokenizer))
    torch.testing.assert_close(logits(plain, tokenizer), logits(student, tokenizer), atol=1e-4, rtol=1e-4)


def test_heads_that_share_a_key_head_go_together(decoder_checkpoints):
    teacher = load_decoder(open_checkpoint(decoder_checkpoints["llama"]))
    with pytest.raises(UsageError, match="2 share a key head"):
        make_student(teacher, WantedShape(hidden=48))


@pytest.mark.parametrize("heads", [1, 3, 5, 6])
def test_a_checkpoint_with_a_part_of_a_group_of_heads_is_refused(decoder_checkpoints, tmp_path, heads):
    """Two query heads share a key head: there are 2 or 4 in a block, whatever its `edgekit.json` says."""
    checkpoint = open_checkpoint(decoder_checkpoints["llama"])
    model, tokenizer = load_decoder(checkpoint), load_tokenizer(checkpoint)
    with torch.no_grad():
        keep_heads(model, describe_decoder(model).blocks[0], [1])
    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    report = json.loads((tmp_path / "edgekit.json").read_text())
    report["blocks"][0]["heads"] = heads
    (tmp_path / "edgekit.json").write_text(json.dumps(report))
    with pytest.raises(UsageError):
        load_decoder(open_checkpoint(tmp_path))


def test_a_student_takes_the_heads_that_write_most(decoder_checkpoints):
    teacher = load_decoder(open_checkpoint(decoder_checkpoints["llama"]))
    with torch.no_grad():
        for block in describe_decoder(teacher).blocks:
            silence_head(block, 0)
    kept = describe_decoder(teacher).blocks[1].key.weight[16:]
    student = make_student(teacher, WantedShape(layers=1, hidden=32))
    ours = describe_decoder(student).blocks[0].key.weight
    columns = [int((kept - column[:, None]).norm(dim=0).argmin()) for column in ours.T]
    assert torch.equal(kept[:, columns], ours)
