"""A tokenizer as transformers of any release has saved it, giving the ids of its own `tokenizer.json`.

Releases since 5 make some kinds anew out of their vocabulary and settings, where those before read `tokenizer.json`
and change it by their settings: either may give other ids than those that a model was trained on, without a word.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgekit.agent.json_object import JsonObject
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.models.transformers_release import release
from edgekit.schema.base_model import read_mapping

_FILE, _SETTINGS = "tokenizer.json", "tokenizer_config.json"
# settings of a tokenizer by what its normalizer or splitter calls them in tokenizer.json
_STAGES = {
    "lowercase": "do_lower_case",
    "strip_accents": "strip_accents",
    "handle_chinese_chars": "tokenize_chinese_chars",
    "add_prefix_space": "add_prefix_space",
}
# letters, cases, accents, digits, spaces, marks and scripts: what normalizers and splitters treat each in a way of
# their own
_PROBES = (
    "",
    "Hello world",
    " Hello  WORLD!\n\tfoo",
    "don't we'll I'M",
    "Ünïcödé naïve ÇA İstanbul ﬁn Ⅷ",
    "1234567 3.14 1,000 ½ 2³",
    "foo_bar-baz @x #y a/b\\c <b>&amp;</b> [x] {y}",
    "明天早上七点 テスト 한국어 ไทย",
    "🔥 👩‍👩‍👧 e\u0301 a\u200bb \u00a0c \ufeffd",
    "a" * 120,
)
# ten times the largest vocabularies
MOST_TOKENS = 10_000_000
# so many tokens of a vocabulary are compared beside, and so many of those added to it
_TOKENS = 200


def open_saved(folder: Path, **settings: object) -> Tokenizer:
    """The fast tokenizer in a folder, of the class that it names where the installed transformers has that one.

    settings: of the tokenizer, in place of what the folder says
    Raises `UsageError` where its ids are others than those of its `tokenizer.json`, and whatever transformers raises
    on files that are not as it wrote them.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    saved = read_mapping(folder / _SETTINGS) if (folder / _SETTINGS).is_file() else {}
    settings = {**_special_tokens(saved), **settings}
    file = folder / _FILE
    opened: Any = PreTrainedTokenizerFast if file.is_file() and _is_of_no_class(saved) else AutoTokenizer
    tokenizer: Tokenizer = opened.from_pretrained(folder, use_fast=True, trust_remote_code=False, **settings)
    if not file.is_file() or not tokenizer.is_fast:
        return tokenizer
    _check_numbers(file, tokenizer)
    text = _other_ids(file, tokenizer)
    if text is not None and release() >= 5 and not _contradict(saved, read_mapping(file)):
        # its class has made it anew of the vocabulary alone; this one keeps the file
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, **settings)
        text = _other_ids(file, tokenizer)
    if text is not None:
        raise UsageError(
            f"{folder}: transformers makes other ids of {text[:40]!r} than its {_FILE} does",
            advice=f"{_SETTINGS} contradicts {_FILE}: save the tokenizer again as the model was trained with it",
        )
    return tokenizer


def _check_numbers(file: Path, tokenizer: Tokenizer) -> None:
    """Raise `UsageError` for a number that no token has: the library writes down every number before it, in memory."""
    highest = max(tokenizer.get_vocab().values(), default=0)
    if highest > MOST_TOKENS:
        raise UsageError(f"{file} gives a token the number {highest}: no vocabulary has so many")


def _is_of_no_class(saved: Mapping[str, object]) -> bool:
    """Whether the class that settings name is of another release; code that comes along with them is never run."""
    import transformers

    name = saved.get("tokenizer_class")
    if not isinstance(name, str) or "auto_map" in saved:
        return False
    return not hasattr(transformers, name) and not hasattr(transformers, f"{name}Fast")


def _special_tokens(saved: Mapping[str, object]) -> dict[str, object]:
    """What settings of release 5 list as special tokens, as releases before take it."""
    extra = saved.get("extra_special_tokens")
    if release() >= 5 or not isinstance(extra, list):
        return {}
    return {"additional_special_tokens": extra, "extra_special_tokens": {}}


def _contradict(saved: Mapping[str, object], file: JsonObject) -> bool:
    """Whether settings say something else of a stage than the file does."""
    stages = [stage for name in ("normalizer", "pre_tokenizer") for stage in _parts(file.get(name))]
    return any(
        key in stage and saved.get(setting) is not None and stage[key] != saved[setting]
        for stage in stages
        for key, setting in _STAGES.items()
    )


def _parts(stage: JsonObject | None) -> Iterator[JsonObject]:
    """A stage of a tokenizer and, of a sequence, its own."""
    if stage is not None:
        yield stage
        for inner in (*stage.get("normalizers", ()), *stage.get("pretokenizers", ())):
            yield from _parts(inner)


def _other_ids(file: Path, tokenizer: Tokenizer) -> str | None:
    """A text of which the tokenizer makes other ids than the file, alone or in a pair; None where none is found."""
    import tokenizers

    own, loaded = tokenizers.Tokenizer.from_file(str(file)), copy.deepcopy(tokenizer.backend_tokenizer)
    for each in (own, loaded):
        each.no_truncation()
        each.no_padding()
    added = sorted(token.content for token in own.get_added_tokens_decoder().values())
    vocabulary = sorted(own.get_vocab(with_added_tokens=False))
    texts = [*_PROBES, *(f"a {token} b{token}c" for token in _some(added)), *_some(vocabulary)]
    for given in (texts, [(text, "b") for text in _PROBES]):
        for text, first, second in zip(given, own.encode_batch(given), loaded.encode_batch(given), strict=True):
            if first.ids != second.ids:
                return text if isinstance(text, str) else text[0]
    return None


def _some(tokens: Sequence[str]) -> Sequence[str]:
    """Up to `_TOKENS` of them, evenly spread."""
    return tokens[:: max(1, len(tokens) // _TOKENS)]
