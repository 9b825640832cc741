"""The tokenizer made for a model from nothing: the same every time, and a WordPiece tokenizer like any other."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from tiny_checkpoint import TEXTS

from edgekit.models.scratch import train_wordpiece


def test_the_same_texts_give_the_same_pieces_in_every_process():
    code = (
        "from tiny_checkpoint import TEXTS; from edgekit.models.scratch import train_wordpiece;"
        "print(sorted(train_wordpiece(TEXTS * 20, 120, 32).get_vocab().items()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="tests", env={"PATH": ""}
    ).stdout
    assert told == f"{sorted(train_wordpiece(TEXTS * 20, 120, 32).get_vocab().items())}\n"


def test_frequent_words_are_whole_and_rare_ones_in_pieces():
    tokenizer = train_wordpiece([*["light"] * 50, *["lights"] * 30, "lighthouse"], 40, 32)
    assert tokenizer.tokenize("Light lights") == ["light", "lights"]
    pieces = tokenizer.tokenize("lighthouse")
    assert pieces[0].startswith("light")
    assert all(piece.startswith("##") for piece in pieces[1:])


@given(st.text(max_size=40))
def test_any_text_is_encoded_between_the_ends(text):
    tokenizer = train_wordpiece(TEXTS * 20, 200, 32)
    ids = tokenizer(text)["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


def test_letters_never_seen_are_unknown_and_emoji_survive():
    tokenizer = train_wordpiece(["lights 💡 on", "lights 💡💡 off"], 60, 32)
    assert "💡" in tokenizer.get_vocab()
    assert tokenizer.unk_token in tokenizer.tokenize("漢")
