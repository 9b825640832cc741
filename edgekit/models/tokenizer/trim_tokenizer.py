"""A fast tokenizer with fewer tokens: `tokenizer.json` rewritten, every id in it renumbered, all else as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.data.texts import as_given
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.models.tokenizer.tokenizer_models import TokenizerJson, pieces_of
from edgekit.models.transformers_release import release

# arguments of a tokenizer that lead back to its old vocabulary
_OLD_SOURCES = ("vocab_file", "merges_file", "tokenizer_file", "special_tokens_map_file", "added_tokens_decoder")
_BATCH = 1000


class Trimming:
    """A tokenizer that is to lose tokens, known by their ids.

    Raises `UsageError` for a slow tokenizer, and for a kind of which no token can be taken.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise UsageError(
                f"{type(tokenizer).__name__} has no tokenizer.json, without which no vocabulary is trimmed",
                advice="convert it to a fast tokenizer",
            )
        self._tokenizer = tokenizer
        self._settings: TokenizerJson = json.loads(tokenizer.backend_tokenizer.to_str())
        self._pieces = pieces_of(self._settings["model"])
        self.ids: dict[str, int] = tokenizer.get_vocab()
        self.names = {number: token for token, number in self.ids.items()}
        self.special = frozenset(tokenizer.all_special_ids) & self.names.keys()
        self.unknown: int | None = tokenizer.unk_token_id

    @property
    def required(self) -> set[int]:
        """Tokens that no trimming may take: added and special ones, bytes, and what the kind itself needs."""
        found = {token["id"] for token in self._settings["added_tokens"]} | self.special
        found |= set(_ids_in(self._settings["post_processor"]))
        if self._settings["padding"] is not None:
            found.add(self._settings["padding"]["pad_id"])
        named = set(self._pieces.always)
        if any(_has(self._settings[stage], "ByteLevel") for stage in ("normalizer", "pre_tokenizer")):
            named |= _byte_symbols() & self._pieces.ids.keys()
        return (found | {self._pieces.ids[piece] for piece in named}) & self.names.keys()

    def spelling(self, token: int) -> set[int]:
        """The tokens of single characters that can stand for this one in any text; itself where they cannot."""
        return self._through(token, self._pieces.spelling)

    def built_from(self, token: int) -> set[int]:
        """The token and those without which it would not come about."""
        return self._through(token, self._pieces.built_from)

    def _through(self, token: int, pieces_for: Callable[[str], set[str]]) -> set[int]:
        name = self.names[token]
        return {self._pieces.ids[piece] for piece in pieces_for(name)} if name in self._pieces.ids else {token}

    def letters(self, letters: Iterable[str]) -> set[int]:
        """The tokens that are one of these characters, at the start of a word or within it."""
        return {self._pieces.ids[piece] for piece in self._pieces.letters(letters)}

    def without_others(self, token_ids: Iterable[int]) -> Tokenizer:
        """The tokenizer with these tokens alone, numbered from 0 in the order of their old ids.

        Raises `UsageError` where the library gives any of them another number.
        """
        import tokenizers
        import transformers

        numbers = {old: new for new, old in enumerate(sorted(token_ids))}
        settings = {
            **self._settings,
            "added_tokens": [{**token, "id": numbers[token["id"]]} for token in self._settings["added_tokens"]],
            "post_processor": _with_ids(self._settings["post_processor"], numbers),
            "padding": _padding(self._settings["padding"], numbers),
            "model": self._pieces.trimmed(numbers),
        }
        backend = tokenizers.Tokenizer.from_str(json.dumps(settings))
        known = {name: value for name, value in self._tokenizer.init_kwargs.items() if name not in _OLD_SOURCES}
        if release() < 5:
            known |= self._tokenizer.special_tokens_map_extended
        else:
            known |= self._tokenizer.special_tokens_map
        if release() < 5 and isinstance(self._tokenizer, transformers.LlamaTokenizerFast):
            # it is in the backend; named beside it, transformers would make it anew of a SentencePiece file
            known.pop("add_prefix_space", None)
        new_tokenizer: Callable[..., Tokenizer] = type(self._tokenizer)
        trimmed = new_tokenizer(tokenizer_object=backend, **known)
        trimmed.chat_template = self._tokenizer.chat_template
        if trimmed.get_vocab() != {self.names[old]: new for old, new in numbers.items()}:
            raise UsageError(
                "the ids of this tokenizer have gaps that the tokenizers library fills in another way: "
                "its vocabulary cannot be trimmed"
            )
        return trimmed


def encoded(tokenizer: Tokenizer, texts: Iterable[TextPair]) -> Iterator[list[int]]:
    """The ids of each text, or pair, with its special tokens, neither cut nor padded."""
    import tokenizers

    alone = tokenizers.Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    alone.no_truncation()
    alone.no_padding()
    left = iter(texts)
    while batch := as_given(islice(left, _BATCH)):
        yield from [encoding.ids for encoding in alone.encode_batch_fast(list(batch))]


def _byte_symbols() -> set[str]:
    from tokenizers import pre_tokenizers

    return set(pre_tokenizers.ByteLevel.alphabet())


def _has(stage: TokenizerJson | None, kind: str) -> bool:
    """Whether a stage of the tokenizer is of this kind, or a sequence with one that is."""
    if stage is None:
        return False
    inner = [*stage.get("normalizers", ()), *stage.get("pretokenizers", ())]
    return stage["type"] == kind or any(_has(part, kind) for part in inner)


def _ids_in(processor: TokenizerJson | None) -> Iterator[int]:
    """The ids that a post-processor adds to texts."""
    for part in (processor or {}).get("processors", ()):
        yield from _ids_in(part)
    for name in ("sep", "cls"):
        if processor is not None and name in processor:
            yield processor[name][1]
    for token in (processor or {}).get("special_tokens", {}).values():
        yield from token["ids"]


def _with_ids(processor: TokenizerJson | None, numbers: Mapping[int, int]) -> TokenizerJson | None:
    """A post-processor with other ids."""
    if processor is None:
        return None
    changed = dict(processor)
    if "processors" in processor:
        changed["processors"] = [_with_ids(part, numbers) for part in processor["processors"]]
    for name in {"sep", "cls"} & processor.keys():
        changed[name] = [processor[name][0], numbers[processor[name][1]]]
    if "special_tokens" in processor:
        changed["special_tokens"] = {
            name: {**token, "ids": [numbers[number] for number in token["ids"]]}
            for name, token in processor["special_tokens"].items()
        }
    return changed


def _padding(padding: TokenizerJson | None, numbers: Mapping[int, int]) -> TokenizerJson | None:
    return None if padding is None else {**padding, "pad_id": numbers[padding["pad_id"]]}
