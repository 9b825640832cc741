"""Language models pruned by what their loss on text says of heads and neurons, and trained to recover."""

from __future__ import annotations

import pytest
import torch
from tiny_decoder import CONTEXT, TEXTS, byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama

from edgekit.bundle.manifest import Manifest
from edgekit.compress.pruning.prune import prune_language_model
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.export import export
from edgekit.flows.train.prune import prune
from edgekit.models.checkpoint import load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.registry import describe_decoder
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.train_options import PruneOptions

CUT = {"heads": 0.5, "ffn": 0.5, "multiple_of": 16, "samples": 8, "max_length": 32, "batch_size": 8}


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories")
    for split, count in {"train": 40, "validation": 8}.items():
        (folder / f"{split}.txt").write_text("\n".join([*TEXTS[:2]] * count))
    return DataSpec.from_text(str(folder))


@pytest.mark.parametrize("make", [tiny_gpt2, tiny_llama])
def test_what_writes_nothing_is_cut_first_and_nothing_changes(make, stories, tmp_path):
    """Half of the heads and neurons are silenced: their importance is 0, so they are those that go."""
    tokenizer = byte_level_bpe()
    model = make(tokenizer)
    layers = model.transformer.h if make is tiny_gpt2 else model.model.layers
    with torch.no_grad():
        for layer in layers:
            if make is tiny_gpt2:  # Conv1D: [in, out]
                layer.attn.c_proj.weight[32:] = 0
                layer.mlp.c_proj.weight[::2] = 0
            else:
                layer.self_attn.o_proj.weight[:, 32:] = 0
                layer.mlp.down_proj.weight[:, ::2] = 0
    folder = save_decoder(model, tokenizer, tmp_path / "start")
    start = open_checkpoint(folder)
    made = prune_language_model(start, load_text(stories), PruneOptions(epochs=0, **CUT), folder=tmp_path / "work")
    assert made.trained is None
    pruned = made.model
    before = load_decoder(start)
    for block, whole in zip(describe_decoder(pruned).blocks, describe_decoder(before).blocks, strict=True):
        assert (block.heads, block.kv_heads, block.ffn) == (whole.heads // 2, whole.kv_heads // 2, whole.ffn // 2)
    ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
    with torch.inference_mode():
        torch.testing.assert_close(pruned(ids).logits, before(ids).logits, atol=1e-4, rtol=1e-4)


def test_a_pruned_language_model_recovers_and_becomes_a_bundle(stories, tmp_path):
    tokenizer = byte_level_bpe()
    folder = save_decoder(tiny_llama(tokenizer), tokenizer, tmp_path / "start")
    pruned = prune(folder, stories, tmp_path / "pruned", PruneOptions(epochs=2, learning_rate=3e-3, **CUT))
    checkpoint = open_checkpoint(pruned)
    assert len(checkpoint.extras.blocks) == 2
    step = checkpoint.extras.lineage[-1]
    assert (step.stage, set(step.inputs)) == ("prune", {"checkpoint", "text.train", "text.validation"})
    assert step.validation.perplexity < 200 < len(load_tokenizer(checkpoint))
    (bundle,) = export(
        pruned,
        tmp_path / "out",
        ExportOptions(target="rpi5", format="onnx", scheme="int8-dynamic", max_length=CONTEXT),
    )
    assert Manifest.read(bundle / "manifest.json").blocks == checkpoint.extras.blocks


def test_a_teacher_with_other_tokens_cannot_be_followed(stories, tmp_path, decoder_checkpoints):
    tokenizer = byte_level_bpe()
    folder = save_decoder(tiny_gpt2(tokenizer), tokenizer, tmp_path / "start")
    with pytest.raises(UsageError, match="other tokens"):
        prune(folder, stories, tmp_path / "no", PruneOptions(epochs=1, **CUT), teacher=decoder_checkpoints["llama"])
    assert not (tmp_path / "no").exists()


def test_a_teacher_of_fewer_positions_is_asked_no_longer_texts(stories, tmp_path):
    tokenizer = byte_level_bpe()
    folder = save_decoder(tiny_gpt2(tokenizer), tokenizer, tmp_path / "start")
    short = save_decoder(tiny_gpt2(tokenizer, n_positions=16), tokenizer, tmp_path / "short")
    pruned = prune(folder, stories, tmp_path / "pruned", PruneOptions(epochs=1, **CUT), teacher=short)
    assert open_checkpoint(pruned).extras.lineage[-1].validation.perplexity > 1
