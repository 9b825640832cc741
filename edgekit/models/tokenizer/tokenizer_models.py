"""The three kinds of tokenizer models, as `tokenizer.json` holds them: what each of their pieces needs beside it.

A vocabulary may lose pieces, and a text whose own are all left must still be cut the same. WordPiece takes the longest
piece that fits (Schuster and Nakajima 2012; arXiv 1609.08144, 4.1), so that fewer pieces change nothing. BPE builds a
piece by merges (arXiv 1508.07909), whose results on the way are needed too. Unigram takes the likeliest cut (arXiv
1804.10959, 3.2), where an unknown letter costs as much as the unlikeliest piece and more: that piece has to stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Protocol

from edgekit.errors import UsageError

# a part of a tokenizer.json, as `tokenizers` writes it
TokenizerJson = dict[str, Any]

# what SentencePiece writes for a space
_SPACE = "▁"
_BYTES = frozenset(f"<0x{byte:02X}>" for byte in range(256))


class Pieces(Protocol):
    """A model of one kind; `ids` numbers its pieces, `always` are those without which others would be cut anew."""

    ids: Mapping[str, int]
    always: frozenset[str]

    def spelling(self, piece: str) -> set[str]:
        """What can stand for `piece` in any text: its letters as pieces, or itself where one of them is none."""

    def letters(self, letters: Iterable[str]) -> set[str]:
        """The pieces that are one of these characters."""

    def built_from(self, piece: str) -> set[str]:
        """`piece`, and all that must be there for it to come about."""

    def trimmed(self, numbers: Mapping[int, int]) -> TokenizerJson:
        """The model with those of its pieces whose ids are in `numbers`, which gives their new ones."""


def pieces_of(model: TokenizerJson) -> Pieces:
    """The pieces of a tokenizer's model, or `UsageError` for a kind whose vocabulary cannot be trimmed."""
    kind = model.get("type")
    affixes = model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")
    if kind == "WordPiece":
        return WordPiece(model)
    if kind == "Unigram":
        return Unigram(model)
    if kind == "BPE" and not affixes:
        return BytePair(model)
    described = f"{kind} tokenizer with {affixes!r} in its pieces" if affixes else f"{kind} tokenizer"
    raise UsageError(
        f"the vocabulary of a {described} cannot be trimmed",
        advice="WordPiece, byte-level BPE, BPE with byte fallback and Unigram can",
    )


class WordPiece:
    """Pieces of words, `##` before those that go on with one."""

    def __init__(self, model: TokenizerJson) -> None:
        self.ids: Mapping[str, int] = model["vocab"]
        self.always = frozenset([model["unk_token"]]) & self.ids.keys()
        self._model = model
        self._prefix: str = model["continuing_subword_prefix"]

    def spelling(self, piece: str) -> set[str]:
        """Its letters, those after the first of a word with the prefix."""
        inner = piece.removeprefix(self._prefix)
        first = self._prefix if inner != piece else ""
        return _all_or(piece, {first + inner[:1], *(self._prefix + letter for letter in inner[1:])}, self.ids)

    def letters(self, letters: Iterable[str]) -> set[str]:
        """Those that begin a word, and those that go on with one."""
        return {piece for letter in letters for piece in (letter, self._prefix + letter)} & self.ids.keys()

    def built_from(self, piece: str) -> set[str]:
        """Itself alone."""
        return {piece}

    def trimmed(self, numbers: Mapping[int, int]) -> TokenizerJson:
        """The model with these pieces."""
        return {**self._model, "vocab": _renumbered(self.ids, numbers)}


class BytePair:
    """Pieces built by merging pairs, the earliest merge in the list first."""

    def __init__(self, model: TokenizerJson) -> None:
        self.ids: Mapping[str, int] = model["vocab"]
        fallback = _BYTES if model["byte_fallback"] else frozenset()
        # a space turned into bytes would not be turned back
        spaces = {_SPACE} if fallback else set()
        self.always = (fallback | spaces | {model["unk_token"]}) & self.ids.keys()
        self._model = model
        self._merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
        self._ranks = {merge: rank for rank, merge in enumerate(self._merges)}
        self._any_bytes = fallback <= self.ids.keys() if fallback else False

    def spelling(self, piece: str) -> set[str]:
        """Its letters; where bytes stand for any letter, those that are pieces."""
        return set(piece) & self.ids.keys() if self._any_bytes else _all_or(piece, set(piece), self.ids)

    def letters(self, letters: Iterable[str]) -> set[str]:
        """Those that are pieces."""
        return set(letters) & self.ids.keys()

    def built_from(self, piece: str) -> set[str]:
        """Itself, its letters and the results of the merges that lead to it; nothing else if none do."""
        parts, found, never = list(piece), {piece, *piece}, len(self._ranks)
        while len(parts) > 1:
            ranks = [self._ranks.get(pair, never) for pair in pairwise(parts)]
            place = ranks.index(min(ranks))
            if ranks[place] == never:
                return {piece}
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
            found.add(parts[place])
        return found

    def trimmed(self, numbers: Mapping[int, int]) -> TokenizerJson:
        """The model with these pieces, and the merges of which both parts and the result are among them."""
        vocab = _renumbered(self.ids, numbers)
        merges = [merge for merge in self._merges if {*merge, "".join(merge)} <= vocab.keys()]
        return {**self._model, "vocab": vocab, "merges": merges}


class Unigram:
    """Pieces with the logarithms of their probabilities; their ids are their places."""

    def __init__(self, model: TokenizerJson) -> None:
        self._model = model
        self._scored: list[tuple[str, float]] = [tuple(entry) for entry in model["vocab"]]
        self.ids: Mapping[str, int] = {piece: place for place, (piece, _) in enumerate(self._scored)}
        unknown = [] if model["unk_id"] is None else [self._scored[model["unk_id"]][0]]
        unlikeliest = min(self._scored, key=lambda entry: entry[1])[0]
        fallback = _BYTES & self.ids.keys() if model.get("byte_fallback") else frozenset()
        self.always = frozenset([*unknown, unlikeliest]) | fallback

    def spelling(self, piece: str) -> set[str]:
        """Its letters."""
        return _all_or(piece, set(piece), self.ids)

    def letters(self, letters: Iterable[str]) -> set[str]:
        """Those that are pieces."""
        return set(letters) & self.ids.keys()

    def built_from(self, piece: str) -> set[str]:
        """Itself alone."""
        return {piece}

    def trimmed(self, numbers: Mapping[int, int]) -> TokenizerJson:
        """The model with these pieces and their scores."""
        vocab = [entry for place, entry in enumerate(self._scored) if place in numbers]
        unknown = self._model["unk_id"]
        return {**self._model, "vocab": vocab, "unk_id": None if unknown is None else numbers[unknown]}


def _all_or(piece: str, letters: set[str], known: Mapping[str, int]) -> set[str]:
    return letters if letters <= known.keys() else {piece}


def _renumbered(ids: Mapping[str, int], numbers: Mapping[int, int]) -> dict[str, int]:
    return {piece: numbers[number] for piece, number in ids.items() if number in numbers}
