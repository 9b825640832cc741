"""The tokenizer made for a model from nothing: the same every time, and a WordPiece tokenizer like any other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_checkpoint import TEXTS

from edgekit.errors import UsageError
from edgekit.models.scratch import train_bytes, train_wordpiece
from edgekit.schema.shape import Scratch


def test_the_same_texts_give_the_same_tokenizers_in_every_process():
    code = (
        "from tiny_checkpoint import TEXTS; from edgekit.models.scratch import train_bytes, train_wordpiece;"
        "print(sorted(train_wordpiece(TEXTS * 20, 120, 32).get_vocab().items()));"
        "print(train_bytes(TEXTS * 3, 330, 32).backend_tokenizer.to_str())"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="tests", env={"PATH": ""}
    ).stdout
    pieces = sorted(train_wordpiece(TEXTS * 20, 120, 32).get_vocab().items())
    assert output == f"{pieces}\n{train_bytes(TEXTS * 3, 330, 32).backend_tokenizer.to_str()}\n"


def test_frequent_words_are_whole_and_rare_ones_in_pieces():
    tokenizer = train_wordpiece([*["light"] * 50, *["lights"] * 30, "lighthouse"], 40, 32)
    assert tokenizer.tokenize("Light lights") == ["light", "lights"]
    pieces = tokenizer.tokenize("lighthouse")
    assert pieces[0].startswith("light")
    assert all(piece.startswith("##") for piece in pieces[1:])


PIECES = train_wordpiece(TEXTS * 20, 200, 32)


@given(st.text(max_size=40))
def test_any_text_is_encoded_between_the_ends(text):
    ids = PIECES(text)["input_ids"]
    assert (ids[0], ids[-1]) == (PIECES.cls_token_id, PIECES.sep_token_id)


def test_a_piece_comes_twice_and_not_in_one_text_alone():
    texts = ["lights on", "lights off", "zebra zebra", *(f"word{number}x" for number in range(9))]
    vocabulary = train_wordpiece(texts, 900, 32).get_vocab()
    assert {"lights", "word"} <= {piece.removeprefix("##") for piece in vocabulary}
    assert not {"zebra", "off", "word3x"} & set(vocabulary)
    assert "Ġoff" not in train_bytes(texts, 900, 32).get_vocab()
    assert "lights" in train_bytes(texts, 900, 32).get_vocab()


def test_letters_never_seen_are_unknown_and_emoji_survive():
    tokenizer = train_wordpiece(["lights 💡 on", "lights 💡💡 off"], 60, 32)
    assert "💡" in tokenizer.get_vocab()
    assert tokenizer.unk_token in tokenizer.tokenize("漢")


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ("hidden=60,heads=8", "hidden 60 is not a multiple of heads 8"),
        ("hidden=4,heads=8", "hidden 4 is not a multiple of heads 8"),
        ("heads=3", "hidden 256 is not a multiple of heads 3"),
        ("hidden=0", "hidden"),
        ("heads=0", "heads"),
        ("family=gpt2,vocabulary=299", "vocabulary 299 is less than 300"),
        ("embedding=64", "embedding is for albert"),
    ],
)
def test_a_shape_whose_parts_do_not_fit_is_refused(shape, complaint):
    with pytest.raises(UsageError, match=complaint):
        Scratch.from_text(shape)


@pytest.mark.parametrize("shape", ["hidden=60,heads=4", "heads=1", "family=gpt2,vocabulary=300", "hidden=7,heads=7"])
def test_a_shape_whose_parts_fit_is_taken(shape):
    scratch = Scratch.from_text(shape)
    assert scratch.hidden % scratch.heads == 0
