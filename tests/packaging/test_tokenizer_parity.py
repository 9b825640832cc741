"""The tokenizers of the packages give the ids of Hugging Face `tokenizers`, in each language, for every kind of file.

`scripts/tokenizer_parity.py` does the same for all texts of the published data sets, and makes the README's table.
"""

from __future__ import annotations

import json
from functools import cache

import pytest
from hard_texts import GROUPS, HARD_PAIRS, HARD_TEXTS
from languages import LANGUAGES, Missing, build_swift
from parity import WHOLE, RunnerFailed, expected_ids, ids_of, mismatches
from published_texts import SETS, published_texts
from random_texts import random_texts
from rare_tokenizers import RARE
from tokenizer_zoo import SMALL, ZOO
from tokenizers import normalizers, pre_tokenizers

LONG = GROUPS["ten thousand characters"]
SHORT = [text for text in HARD_TEXTS if text not in LONG]
# one of each kind of model, and of each kind of post-processor
KINDS = ("wordpiece cased", "smollm", "llama 2", "xlm-roberta", "small albert")
FIRST = (*KINDS, "wordpiece uncleaned", "roberta", "llama 3")
AROUND = ("wordpiece cased", "wordpiece uncleaned", "roberta", "llama 3", "whisper", "xlm-roberta")
PUBLISHED = [name for name in ZOO if name not in SMALL]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """The words that start a language's runner, which is built once."""
    folder = tmp_path_factory.mktemp("runners")

    @cache
    def start(language):
        try:
            return LANGUAGES[language](folder)
        except Missing as missing:
            return missing

    def words(language):
        found = start(language)
        if isinstance(found, Missing):
            pytest.skip(str(found))
        return found

    return words


def _languages(unwanted=()):
    """Their names; an app for React Native takes long to bundle."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if name == "Hermes" else name
        for name in LANGUAGES
        if name not in unwanted
    ]


@pytest.fixture(scope="module", params=_languages())
def runner(request, started):
    return started(request.param)


@pytest.fixture(scope="module", params=_languages(["Python"]))
def own_tokenizer(request, started):
    """The runner of a language in which packages have a tokenizer of their own: the agent's is the library."""
    return started(request.param)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """The file of a tokenizer, and what the library says of texts, each made once."""
    folder = tmp_path_factory.mktemp("zoo")
    said = {}

    def file_of(name):
        path = folder / f"{name}.json"
        if not path.exists():
            try:
                path.write_text(ZOO[name](), encoding="utf-8")
            except FileNotFoundError as absent:
                pytest.skip(str(absent))
        return path

    def check(runner, name, length, texts):
        key = (name, length, len(texts))
        if key not in said:
            said[key] = expected_ids(file_of(name), length, texts)
        wrong = mismatches(runner, file_of(name), length, texts, said[key])
        assert not wrong, f"{len(wrong)} of {len(texts)}:\n" + "\n".join(map(str, wrong[:8]))

    return check


# the others differ from one of these in a setting that all languages read alike, or that RARE tries as well
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FIRST else pytest.mark.slow) for name in SMALL]
)
def test_hard_texts(own_tokenizer, zoo, name):
    zoo(own_tokenizer, name, WHOLE, [*SHORT, *HARD_PAIRS])


@pytest.mark.parametrize("name", AROUND)
def test_texts_and_pairs_are_cut_as_the_library_cuts_them(runner, zoo, name):
    zoo(runner, name, 17, [*SHORT[:100], *HARD_PAIRS])


@pytest.mark.parametrize("name", [KINDS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in KINDS[1:])])
def test_ten_thousand_characters(runner, zoo, name):
    zoo(runner, name, WHOLE, LONG)


@pytest.mark.parametrize("name", RARE)
def test_what_no_family_needs_is_refused_by_name_or_right(own_tokenizer, tmp_path, name):
    named, make = RARE[name]
    path = tmp_path / "tokenizer.json"
    path.write_text(make().to_str(), encoding="utf-8")
    texts = SHORT[::5]
    try:
        got = ids_of(own_tokenizer, path, WHOLE, texts)
    except RunnerFailed as refused:
        assert named in str(refused)
    else:
        assert got == expected_ids(path, WHOLE, texts)


@pytest.mark.parametrize("part", ["normalizer", "pre_tokenizer", "post_processor", "model"])
def test_what_nobody_knows_is_refused_by_name(runner, tmp_path, part):
    said = json.loads(ZOO["wordpiece cased"]())
    said[part] = {"type": "Sparkle"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(RunnerFailed):
        ids_of(runner, tmp_path / "tokenizer.json", WHOLE, ["x"])


@pytest.mark.slow
def test_swift_compiles():
    try:
        build_swift()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_texts_of_all_unicode(own_tokenizer, zoo, name):
    zoo(own_tokenizer, name, WHOLE, random_texts(1, 5_000))


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_tokenizers(runner, zoo, name):
    zoo(runner, name, WHOLE, [*HARD_TEXTS, *HARD_PAIRS, *random_texts(2, 5_000)])
    zoo(runner, name, 17, [*SHORT, *HARD_PAIRS])


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("texts", SETS)
@pytest.mark.parametrize("name", PUBLISHED[:5])
def test_published_texts(runner, zoo, name, texts):
    try:
        found = published_texts(texts)
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    zoo(runner, name, 128, found[:: max(1, len(found) // 3_000)])


@pytest.mark.parametrize(
    ("step", "known", "unknown"),
    [
        # composed and decomposed forms: Unicode 9
        (normalizers.NFKD(), "\U000114bb", "\u32ff\ua7f2\U0001fbf0\U000105c9"),
        (normalizers.StripAccents(), "\u0301\u08d4", "\u0d00\u1abf\u0897"),
        # BERT's marks: Unicode 8
        (normalizers.BertNormalizer(False, False, True, False), "\u0301\u08b3"[:1], "\u08d4\u0897"),
        # lower case: Unicode 17
        (normalizers.Lowercase(), "A\u1c89\ua7ce", "\u01c5"[:0]),
    ],
    ids=["forms", "marks", "bert", "lower"],
)
def test_normalizers_are_as_old_as_the_tables_of_the_packages(step, known, unknown):
    """The library mixes several ages of Unicode, and packages carry tables of them: a new release may change these."""
    assert [sign for sign in known if step.normalize_str(f"x{sign}") == f"x{sign}"] == []
    assert step.normalize_str(f"x{unknown}") == f"x{unknown}"


@pytest.mark.parametrize(
    ("step", "split", "whole"),
    [
        (pre_tokenizers.Punctuation(), "!\u2e42", "\u2e43\u2e4f\u061d"),  # Unicode 8
        (pre_tokenizers.Whitespace(), "!\ua7ce", "\u08b4\u1c89\U00010d4a"),  # Unicode 16
        (pre_tokenizers.ByteLevel(add_prefix_space=False), "!\ua7ce", "\u08b4\u1c89\U00010d4a"),  # Unicode 16
        (pre_tokenizers.Digits(), "1\U00010d40", "\u4e00"),
    ],
    ids=["punctuation", "whitespace", "byte level", "digits"],
)
def test_pre_tokenizers_are_as_old_as_the_tables_of_the_packages(step, split, whole):
    assert [sign for sign in split if len(step.pre_tokenize_str(f"x{sign}x")) == 1] == []
    assert [sign for sign in whole if len(step.pre_tokenize_str(f"x{sign}x")) != 1] == []
