"""Golden texts of a vocabulary: words of its scripts, the same every time, and some for every answer of a model."""

from __future__ import annotations

import random

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from edgekit.agent.inference.problem_type import Head
from edgekit.export.goal_search import MOST_GOALS, Edges, further_texts
from edgekit.export.golden_texts import WORDS, joined, made_texts, words_of
from edgekit.export.parity import Tolerance

SCRIPTS = {
    "latin": ("light", "door", "Zoë", "naïve", "kitchen", "warm", "cold", "lamp", "song", "garden"),
    "chinese": tuple("灯门歌冷热开关今天明早晚"),
    "cyrillic": ("свет", "дверь", "тепло", "песня", "окно", "кухня", "сад", "утро"),
    "devanagari": ("बत्ती", "दरवाज़ा", "गाना", "ठंडा", "गरम", "सुबह", "रसोई", "खिड़की"),
}


def word_level(words):
    tokens = ["[PAD]", "[UNK]", "[CLS]", *words, "##x", "12", "?"]
    tokenizer = Tokenizer(models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]"])
    return tokenizer


@pytest.mark.parametrize("script", SCRIPTS)
def test_texts_are_words_of_the_vocabulary_and_the_same_every_time(script):
    tokenizer = word_level(SCRIPTS[script])
    assert set(words_of(tokenizer)) == set(SCRIPTS[script])
    texts = made_texts(tokenizer, 16, pairs=False)
    assert texts == made_texts(word_level(SCRIPTS[script]), 16, pairs=False)
    other = made_texts(tokenizer, 16, pairs=False, attempt=1)
    assert len(texts) > 10 and other.keys() == texts.keys()
    assert other["4 words"] != texts["4 words"]
    for text in texts.values():
        assert text.encode("utf-8").decode("utf-8") == text
        assert "[PAD]" not in text, "of padding some models count no position"
    assert any("[CLS]" in text for text in texts.values()), "special tokens are spelled out"


def test_one_text_fills_the_longest_input_and_one_is_a_word_longer():
    tokenizer = word_level(SCRIPTS["latin"])
    lengths = [len(tokenizer.encode(text).ids) for text in made_texts(tokenizer, 21, pairs=False).values()]
    assert {21, 22} <= set(lengths)
    pairs = [text for text in made_texts(tokenizer, 21, pairs=True).values() if isinstance(text, tuple)]
    assert [sum(len(tokenizer.encode(part).ids) for part in pair) > 21 for pair in pairs] == [False, True]


def test_scripts_without_spaces_have_none():
    assert joined(("灯", "门", "light", "歌")) == "灯门 light 歌"


def test_a_vocabulary_of_bytes_or_of_nothing_gives_what_it_has():
    """Pieces that are parts of a character are no words; letters are put together; without any there are no texts."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE({letter: index for index, letter in enumerate(sorted(alphabet))}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    words = words_of(tokenizer)
    assert len(words) == 13 and all(word.isascii() and word.isalpha() for word in words)
    assert all("\ufffd" not in text for text in made_texts(tokenizer, 40, pairs=False).values())
    assert made_texts(word_level(()), 16, pairs=False) == {}


def test_a_large_vocabulary_is_drawn_from():
    names = [f"{first}{second}{third}" for first in "bdfgk" for second in "aeiou" for third in "lmnrs"]
    words = words_of(word_level([first + second for first in names for second in names]))
    assert len(words) == WORDS
    assert len({word[:3] for word in words}) > 60, "and not from its beginning"


class BagOfWords:
    """Logits that are sums of a weight for each word and label; those of half the labels are small."""

    def __init__(self, words, labels, seed):
        generator = np.random.default_rng(seed)
        self._weights = generator.standard_normal((len(words), labels)).astype(np.float32)
        self._weights[:, labels // 2 :] *= 0.4
        self._rows = {word: row for row, word in enumerate(words)}

    def __call__(self, texts):
        found = np.zeros((len(texts), self._weights.shape[1]), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                if word in self._rows:
                    found[row] += self._weights[self._rows[word]]
        return found


@pytest.mark.parametrize("labels", [2, 20, 60])
def test_every_label_is_reached_that_chance_reaches(labels):
    words = [
        first + second for first in ("ba", "de", "fi", "go", "ku", "la", "me") for second in ("lan", "men", "nor")
    ]
    logits, draw = BagOfWords(words, labels, labels), random.Random(labels)
    edges = Edges(Head(tuple(f"label_{number}" for number in range(labels))), Tolerance(0.05, 0.02))
    texts = further_texts(word_level(words), edges, logits, logits(words[:1]))
    reached = (edges.margins(logits([words[0], *texts])) > 0).any(axis=0)
    by_chance = logits([" ".join(draw.choices(words, k=1 + number % 8)) for number in range(3000)])
    assert not ((edges.margins(by_chance) > 0).any(axis=0) & ~reached).any()
    assert len(texts) <= labels


def test_of_several_labels_each_holds_in_a_case_and_does_not_in_another():
    words = list(SCRIPTS["latin"])
    logits = BagOfWords(words, 3, 1)
    head = Head(("a", "b", "c"), "multi_label_classification", (0.5, 0.3, 0.7))
    texts = further_texts(word_level(words), Edges(head, Tolerance(0.05, 0.02)), logits, np.zeros((1, 3), np.float32))
    answers = [head.predict(row).answer for row in logits(texts)]
    for label in head.labels:
        assert {label in answer for answer in answers} == {True, False}


def test_what_nothing_reaches_is_left_and_a_number_has_no_goals():
    tried = []

    def always_a(texts):
        tried.extend(texts)
        return np.tile(np.array([3.0, 0.0], np.float32), (len(texts), 1))

    edges = Edges(Head(("a", "b")), Tolerance(0.05, 0.02))
    assert further_texts(word_level(SCRIPTS["latin"]), edges, always_a, always_a([""])) == []
    assert len(tried) < 100, "and is not looked for any longer than what is reached"
    number = Edges(Head(("LABEL_0",), "regression"), Tolerance(0.05, 0.02))
    assert number.margins(np.array([[1.0]], np.float32)).shape == (1, 0)
    assert MOST_GOALS >= 150, "the labels of the largest sets of intents"
