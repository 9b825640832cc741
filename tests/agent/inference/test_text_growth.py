"""Tokenizers whose rules make gigabytes of a word are refused when they are read; real rules are not."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.tokenizer import load_tokenizer

TEN = "a" * 10
BOMBS = {
    "chained": normalizers.Sequence([normalizers.Replace("a", TEN)] * 9),
    "nested": normalizers.Sequence([normalizers.Sequence([normalizers.Replace("a", TEN)] * 3)] * 3),
    "long": normalizers.Replace("a", "a" * 100_000),
    "empty": normalizers.Sequence([normalizers.Replace("", "ab")] * 20),
    "prepended": normalizers.Prepend("a" * 1_000_000),
}


def saved(path, **parts):
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize("name", BOMBS)
def test_rules_that_let_a_text_grow_without_end(tmp_path, name):
    path = saved(tmp_path / "tokenizer.json", normalizer=BOMBS[name])
    with pytest.raises(BadInput, match="its normalizer may make more than 1,000 characters of one"):
        load_tokenizer(path)


@pytest.mark.parametrize("pattern", ["", ".*", "(?=a)|", "a??"])
def test_expressions_that_match_nothing(tmp_path, pattern):
    path = saved(tmp_path / "tokenizer.json")
    rules = json.loads(path.read_text())
    rule = {"type": "Replace", "pattern": {"Regex": pattern}, "content": "ab"}
    rules["normalizer"] = {"type": "Sequence", "normalizers": [rule] * 12}
    path.write_text(json.dumps(rules))
    with pytest.raises(BadInput, match="characters of one"):
        load_tokenizer(path)


def test_decoders(tmp_path):
    path = saved(tmp_path / "tokenizer.json", decoder=decoders.Sequence([decoders.Replace("a", TEN)] * 9))
    with pytest.raises(BadInput, match="its decoder"):
        load_tokenizer(path)


def test_real_rules_are_taken(tmp_path):
    rules = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.NFKC(), normalizers.Replace(" ", "▁"), normalizers.Lowercase()]
    )
    assert load_tokenizer(saved(tmp_path / "tokenizer.json", normalizer=rules)).encode("a b").ids
