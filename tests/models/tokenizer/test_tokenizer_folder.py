"""Tokenizers of models from nothing: byte-level ones made here, and vocabularies as they were published."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_checkpoint import TEXTS, tiny_tokenizer

from edgekit.errors import NotFoundError, UsageError
from edgekit.models.decoder_classifier import make_classifying
from edgekit.models.scratch import END, PAD, new_classifier, new_language_model, train_bytes
from edgekit.models.tokenizer.tokenizer_folder import open_tokenizer
from edgekit.schema.shape import Scratch

INPUTS = ("input_ids", "attention_mask")
REAL = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data")) / "tokenizers"


@given(st.text(max_size=40))
def test_bytes_hold_any_text(text):
    assert BYTES.decode(BYTES(text)["input_ids"], clean_up_tokenization_spaces=False) == text


BYTES = train_bytes(TEXTS * 3, 330, 32)


def test_a_classifying_tokenizer_pads_on_the_right_and_ends_each_text():
    tokenizer = train_bytes(TEXTS * 3, 330, 32)
    plain = tokenizer("on")["input_ids"]
    make_classifying(tokenizer)
    end, pad = tokenizer.convert_tokens_to_ids([END, PAD])
    assert tokenizer("")["input_ids"] == [end]
    assert tokenizer("on", "on")["input_ids"] == [*plain, end, *plain, end]
    assert tokenizer(["on", ""], padding=True)["input_ids"][1] == [end, *[pad] * len(plain)]
    cut = tokenizer("lights " * 50, truncation=True, max_length=8)["input_ids"]
    assert len(cut) == 8 and cut[-1] == end


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_new_decoders_have_the_shape_and_tied_heads(family):
    shape = Scratch(family=family, layers=3, hidden=32, heads=2, ffn=48, vocabulary=330, max_length=24)
    model = new_language_model(shape, BYTES)
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert model.config.max_position_embeddings == 24 and model.config.vocab_size == len(BYTES)
    classifier = new_classifier(shape, BYTES, ("a", "b", "c"))
    assert classifier.config.pad_token_id == BYTES.pad_token_id and classifier.num_labels == 3


def test_a_saved_tokenizer_and_its_bare_vocabulary_read_alike(tmp_path):
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(tmp_path / "whole")
    (tmp_path / "bare").mkdir()
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    (tmp_path / "bare" / "vocab.txt").write_text("\n".join(piece for piece, _ in pieces) + "\n")
    whole, bare = (open_tokenizer(tmp_path / name, INPUTS, 20) for name in ("whole", "bare"))
    for text in (*TEXTS, "Größe 漢 🔥", ""):
        assert whole(text)["input_ids"] == bare(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert (bare.model_max_length, bare.model_input_names) == (20, list(INPUTS))


def test_capital_letters_make_a_vocabulary_cased(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "On", "on"]) + "\n")
    assert open_tokenizer(tmp_path, INPUTS, 20)("On on")["input_ids"] == [2, 5, 6, 3]


def test_bytes_from_vocabulary_and_merges(tmp_path):
    BYTES.backend_tokenizer.model.save(str(tmp_path))
    assert open_tokenizer(tmp_path, INPUTS, 20)(TEXTS[0])["input_ids"] == BYTES(TEXTS[0])["input_ids"]


def test_what_is_no_tokenizer_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="no folder"):
        open_tokenizer(tmp_path / "none", INPUTS, 20)
    with pytest.raises(UsageError, match="no usable tokenizer: it holds none of"):
        open_tokenizer(tmp_path, INPUTS, 20)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match="no usable tokenizer"):
        open_tokenizer(tmp_path, INPUTS, 20)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("bert-base-chinese", "房间太小。ok", ["房", "间", "太", "小", "。", "ok"]),
        ("bert-base-uncased", "Unaffable Naïve", ["una", "##ffa", "##ble", "naive"]),
        ("gpt2", " hello world", ["Ġhello", "Ġworld"]),
        ("albert", "hello world", ["▁hello", "▁world"]),
    ],
)
def test_published_vocabularies_are_tokenizers(name, text, tokens):
    if not (REAL / name).is_dir():
        pytest.skip(f"{REAL / name} is not there")
    assert open_tokenizer(REAL / name, INPUTS, 128).tokenize(text) == tokens
