"""Trimmed tokenizers against the whole ones: the same cuts wherever all tokens are left, the same text back."""

from __future__ import annotations

import functools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_checkpoint import tiny_tokenizer
from tiny_decoder import byte_fallback_bpe, byte_level_bpe
from tiny_tokenizers import HARD, TEXTS, chinese_wordpiece, roberta, unigram
from transformers import AutoTokenizer, LlamaTokenizerFast

from edgekit.errors import UsageError
from edgekit.models.tokenizer.saved_tokenizer import open_saved
from edgekit.models.tokenizer.tokenizer_models import pieces_of
from edgekit.models.tokenizer.trim_tokenizer import Trimming, encoded
from edgekit.models.transformers_release import release

KINDS = {
    "wordpiece": tiny_tokenizer,
    "chinese": chinese_wordpiece,
    "byte-level": byte_level_bpe,
    "roberta": roberta,
    "byte-fallback": byte_fallback_bpe,
    "unigram": unigram,
}


@functools.cache
def made(kind):
    return KINDS[kind]()


def half_of(trimming):
    kept = set()
    for token in (*trimming.required, *sorted(trimming.names.keys() - trimming.required)[::2]):
        kept |= trimming.built_from(token)
    assert len(kept) < len(trimming.names)
    return kept


@functools.cache
def halved(kind):
    """What must stay, and every second of the other tokens with what it is built from: (old, new, old id -> new)."""
    trimming = Trimming(made(kind))
    kept = half_of(trimming)
    return made(kind), trimming.without_others(kept), {old: new for new, old in enumerate(sorted(kept))}


def kept_words(kind):
    """Words, with the space before them where there is one, that tokens of the trimmed vocabulary stand for."""
    _, new, _ = halved(kind)
    return [new.decode([token]) for token in range(len(new)) if token not in new.all_special_ids]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_text_of_kept_tokens_is_cut_into_the_same(kind, data):
    old, new, numbers = halved(kind)
    pieces = st.sampled_from([*kept_words(kind), " ", " ", *HARD[1:6]])
    text = "".join(data.draw(st.lists(pieces, max_size=12)))
    before, after = old(text).input_ids, new(text).input_ids
    if old.unk_token_id in before and old.unk_token != "<|endoftext|>":
        return
    if numbers.keys() >= set(before):
        assert after == [numbers[token] for token in before]
    assert new.decode(after, skip_special_tokens=True) == old.decode(before, skip_special_tokens=True) or (
        new.unk_token_id in after
    )


@pytest.mark.parametrize("kind", KINDS)
def test_most_of_these_texts_are_covered(kind):
    """The property above is not an empty one."""
    old, _, numbers = halved(kind)
    ids = [old(word).input_ids for word in kept_words(kind)]
    assert sum(numbers.keys() >= set(each) and old.unk_token_id not in each for each in ids) > len(ids) / 3


@pytest.mark.parametrize("kind", ["byte-level", "roberta", "byte-fallback"])
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=20))
def test_bytes_write_every_text(kind, text):
    old, _, _ = halved(kind)
    trimming = Trimming(old)
    least = trimming.without_others(set().union(*map(trimming.built_from, trimming.required)))
    assert least.unk_token_id not in least(text).input_ids or kind != "byte-fallback"
    assert least.decode(least(text).input_ids, skip_special_tokens=True) == old.decode(
        old(text).input_ids, skip_special_tokens=True
    )


@pytest.mark.parametrize("kind", KINDS)
def test_saved_files_agree_with_each_other(kind, tmp_path):
    from tokenizers import Tokenizer
    from transformers import AutoConfig

    old, new, numbers = halved(kind)
    new.save_pretrained(tmp_path)
    AutoConfig.for_model("bert").save_pretrained(tmp_path)
    loaded, alone = open_saved(tmp_path), Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert loaded.get_vocab() == new.get_vocab() == alone.get_vocab()
    assert sorted(loaded.get_vocab().values()) == list(range(len(numbers)))
    for text in (*HARD, *TEXTS):
        assert loaded(text).input_ids == new(text).input_ids == alone.encode(text).ids
        assert loaded(text, "x").input_ids == alone.encode(text, "x").ids
    for name, token in old.special_tokens_map.items():
        assert loaded.special_tokens_map[name] == token
        assert getattr(loaded, f"{name}_id") == numbers[getattr(old, f"{name}_id")]
    assert not (tmp_path / "spiece.model").exists()
    if (tmp_path / "vocab.txt").exists():
        lines = (tmp_path / "vocab.txt").read_text().splitlines()
        assert {token: number for number, token in enumerate(lines)} == loaded.get_vocab()


def test_added_tokens_stay_behind_the_vocabulary():
    old, new, numbers = halved("roberta")
    assert old("see <url> @user").input_ids[-2] == len(old) - 1
    ids = new("see <url> @user").input_ids
    assert new.convert_ids_to_tokens(ids)[-2:] == ["@user", "</s>"]
    assert numbers[len(old) - 1] == len(new) - 1 == ids[-2]


def test_padding_inside_the_file_is_renumbered():
    old = KINDS["wordpiece"]()
    old.backend_tokenizer.enable_padding(pad_id=old.sep_token_id, pad_token="[SEP]", length=9)
    trimming = Trimming(old)
    new = trimming.without_others(trimming.required)
    report = json.loads(new.backend_tokenizer.to_str())
    assert report["padding"]["pad_id"] == new.sep_token_id
    assert report["added_tokens"][3]["content"] == "[SEP]"


def test_what_must_stay():
    trimming = Trimming(made("byte-level"))
    assert len(trimming.required) == 257, "all bytes and the end token"
    fallback = Trimming(made("byte-fallback"))
    assert fallback.required == {*range(259), fallback.ids["▁"]}, "decoding makes spaces before it makes bytes"
    names = {Trimming(made("wordpiece")).names[token] for token in Trimming(made("wordpiece")).required}
    assert names == {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}


def bpe(merges):
    """A BPE model, as JSON, of the letters and the results of these merges."""
    made = {letter for merge in merges for letter in "".join(merge)} | {"".join(merge) for merge in merges}
    vocab = {piece: number for number, piece in enumerate(sorted(made, key=lambda piece: (len(piece), piece)))}
    return {"type": "BPE", "vocab": vocab, "merges": merges, "byte_fallback": False, "unk_token": None}


def test_merges_that_lead_to_a_token_stay():
    model = pieces_of(bpe([("b", "c"), ("a", "b"), ("ab", "c"), ("a", "bc"), ("x", "y")]))
    assert model.built_from("abc") == {"a", "b", "c", "bc", "abc"}, "bc comes first"
    assert model.built_from("ab") == {"a", "b", "ab"}
    assert model.built_from("x") == {"x"}
    ids = model.ids
    kept = {ids[piece]: number for number, piece in enumerate(["a", "b", "c", "bc", "abc"])}
    trimmed = model.trimmed(kept)
    assert trimmed["merges"] == [("b", "c"), ("a", "bc")], "of ab one part of a merge has gone, of xy everything"
    assert trimmed["vocab"] == {"a": 0, "b": 1, "c": 2, "bc": 3, "abc": 4}


def test_a_token_that_no_merges_lead_to_needs_nothing():
    model = pieces_of(bpe([("a", "b"), ("b", "c"), ("c", "d"), ("b", "cd")]) | {"ignore_merges": True})
    assert model.built_from("bcd") == {"bcd"}, "a text of it is cut into bc and d"


def test_the_unlikeliest_piece_stays_as_unknown_letters_are_priced_by_it():
    from tokenizers import Tokenizer, models

    scored = [("<unk>", 0.0), ("ab", -13.0), ("cd", -13.0), ("bcd", -2.0), ("zz", -20.0)]
    whole = Tokenizer(models.Unigram(scored, unk_id=0))
    model = pieces_of(json.loads(whole.to_str())["model"])
    assert whole.encode("abcd").tokens == ["ab", "cd"]
    dearer = Tokenizer(models.Unigram(scored[:-1], unk_id=0))
    assert dearer.encode("abcd").tokens != ["ab", "cd"], "without zz an unknown a is cheap enough"
    assert model.always == {"<unk>", "zz"}
    trimmed = model.trimmed({1: 0, 0: 1, 3: 2, 4: 3})
    assert (trimmed["unk_id"], [piece for piece, _ in trimmed["vocab"]]) == (1, ["<unk>", "ab", "bcd", "zz"])


def test_kinds_that_cannot_be_trimmed_are_refused():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    with pytest.raises(UsageError, match="WordLevel tokenizer cannot be trimmed"):
        Trimming(words)
    suffixed = models.BPE({"a</w>": 0}, [], end_of_word_suffix="</w>")
    with pytest.raises(UsageError, match="BPE tokenizer with '</w>' in its pieces"):
        Trimming(PreTrainedTokenizerFast(tokenizer_object=Tokenizer(suffixed)))
    with pytest.raises(UsageError, match=r"no tokenizer\.json"):
        Trimming(object())


def test_texts_are_encoded_whole_whatever_the_tokenizer_cuts():
    old = KINDS["wordpiece"]()
    old("a b c d e f", truncation=True, max_length=4, padding="max_length")
    (ids, pair) = encoded(old, [("turn on the kitchen lights now", None), ("rain", "on sunday")])
    assert len(ids) >= 8
    assert pair.count(old.sep_token_id) == 2


def test_a_trimmed_sentencepiece_tokenizer_can_be_opened_again(tmp_path):
    """transformers makes a Llama tokenizer whose space before the text is named anew, of a file that is not there."""
    sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*TEXTS, *HARD[1:6]] * 5),
        model_prefix=str(tmp_path / "tokenizer"),
        model_type="bpe",
        vocab_size=400,
        hard_vocab_limit=False,
        byte_fallback=True,
        num_threads=1,
        minloglevel=2,
    )
    settings = {"legacy": True, "add_prefix_space": True}
    if release() >= 5:
        old = LlamaTokenizerFast.from_pretrained(tmp_path, **settings)
    else:
        old = LlamaTokenizerFast(vocab_file=str(tmp_path / "tokenizer.model"), **settings)
    trimming = Trimming(old)
    kept = half_of(trimming)
    trimming.without_others(kept).save_pretrained(tmp_path / "new")
    new, numbers = AutoTokenizer.from_pretrained(tmp_path / "new"), {it: i for i, it in enumerate(sorted(kept))}
    covered = [text for text in TEXTS if numbers.keys() >= set(old(text).input_ids)]
    words = [old.decode([token]) for token in sorted(kept - trimming.required) if old.decode([token]).isalpha()]
    covered += [word for word in words if numbers.keys() >= set(old(word).input_ids)]
    assert len(covered) > 5
    assert [new(text).input_ids for text in covered] == [
        [numbers[it] for it in old(text).input_ids] for text in covered
    ]
