"""Tokenizers with something that no family needs: a package refuses them by name, or gives the library's ids."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from trained_tokenizers import changed, splitting, wordpiece_cased

WORDS = {"<unk>": 0, "word": 1, "Word": 2, "x": 3, "light": 4}
PATTERNS = (
    r"[^\w\s]|\s",
    r"\p{Lu}?\p{Ll}+",
    r"\p{Han}+|\p{Greek}",
    r"(?<=t)h",
    r"(\w)\1",
    r"\bthe\b",
    r"\p{L}++|\d{2,}?",
    r"(?i)ß|ſ|k",
    r"[[:punct:]]|[a-z&&[^aeiou]]",
    r"\R|\X",
    r"(?m)^.|.$",
)


def _with(part: str, value: Any) -> Any:
    tokenizer = wordpiece_cased()
    setattr(tokenizer, part, value)
    return tokenizer


def _word_level() -> Any:
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def _suffixed(**model: Any) -> Any:
    """As CLIP's, whose pieces say where a word ends; or with pieces that say that they continue one."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", **model))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    from hard_texts import GROUPS
    from tokenizers import trainers

    texts = [*GROUPS["plain"], *GROUPS["contractions"]]
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>"], show_progress=False, **model)
    )
    return tokenizer


def _zero_dropout() -> Any:
    return changed(splitting("t", "isolated")(), lambda said: said["model"].update(dropout=0.0))


# name -> what the refusal must name, and the tokenizer
RARE: dict[str, tuple[str, Callable[[], Any]]] = {
    "Nmt": ("Nmt", partial(_with, "normalizer", normalizers.Nmt())),
    "ByteLevel normalizer": ("ByteLevel", partial(_with, "normalizer", normalizers.ByteLevel())),
    "UnicodeScripts": ("UnicodeScripts", partial(_with, "pre_tokenizer", pre_tokenizers.UnicodeScripts())),
    "CharDelimiterSplit": (
        "CharDelimiterSplit",
        partial(_with, "pre_tokenizer", pre_tokenizers.CharDelimiterSplit("-")),
    ),
    "FixedLength": ("FixedLength", partial(_with, "pre_tokenizer", pre_tokenizers.FixedLength(5))),
    "WordLevel": ("WordLevel", _word_level),
    "end of word": ("end_of_word_suffix", partial(_suffixed, end_of_word_suffix="</w>")),
    "within a word": ("continuing_subword_prefix", partial(_suffixed, continuing_subword_prefix="##")),
    "no dropout": ("dropout", _zero_dropout),
    **{pattern: (pattern, splitting(Regex(pattern), "isolated")) for pattern in PATTERNS},
}
