"""Vocabulary pruning of whole checkpoints: the same logits on covered texts, and figures as counted by hand."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_checkpoint import LABELS, MAX_LENGTH, tiny_tokenizer
from tiny_checkpoint import TEXTS as ENGLISH
from tiny_decoder import byte_fallback_bpe, byte_level_bpe, tiny_gpt2, tiny_llama
from tiny_tokenizers import HARD, TEXTS, chinese_wordpiece, roberta, unigram

from edgekit.compress.pruning.vocabulary import VocabularyTexts, trim_vocabulary
from edgekit.errors import UsageError
from edgekit.models.checkpoint import (
    load_classifier,
    load_decoder,
    load_tokenizer,
    open_checkpoint,
    save_checkpoint,
)
from edgekit.models.registry import describe, family_of
from edgekit.models.tokenizer.tokenizer_folder import open_tokenizer
from edgekit.models.tokenizer.trim_tokenizer import Trimming

COUNTED = [(text, None) for text in TEXTS]


def classifier(family, tokenizer):
    """A tiny classifier with a word for each token."""
    from edgekit.models.scratch import new_classifier
    from edgekit.schema.shape import Scratch

    torch.manual_seed(0)
    shape = Scratch(family=family, layers=2, hidden=32, heads=2, ffn=64, max_length=MAX_LENGTH)
    model = new_classifier(shape, tokenizer, LABELS).eval()
    for parameter in model.parameters():
        parameter.data *= 3 if parameter.ndim == 2 else 1
    return model


def llama_24(tokenizer):
    """With a head of its own, and padded to more words than there are tokens."""
    model = tiny_llama(tokenizer, tie_word_embeddings=False)
    model.resize_token_embeddings(len(tokenizer) + 44)
    return model


# family, its tokenizer, and how a model for it is made
KINDS = {
    "distilbert": (tiny_tokenizer, lambda tokenizer: classifier("distilbert", tokenizer)),
    "bert": (chinese_wordpiece, lambda tokenizer: classifier("bert", tokenizer)),
    "albert": (unigram, lambda tokenizer: classifier("albert", tokenizer)),
    "roberta": (roberta, lambda tokenizer: classifier("roberta", tokenizer)),
    "gpt2": (byte_level_bpe, tiny_gpt2),
    "llama": (byte_fallback_bpe, tiny_llama),
    "llama-24": (byte_fallback_bpe, llama_24),
}


def saved(kind, folder):
    """The checkpoint of a kind."""
    new_tokenizer, new_model = KINDS[kind]
    tokenizer = new_tokenizer()
    model = new_model(tokenizer)
    folder.mkdir()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return open_checkpoint(folder)


def loaded(folder):
    checkpoint = open_checkpoint(folder)
    decoder = checkpoint.family in ("gpt2", "llama")
    return (load_decoder if decoder else load_classifier)(checkpoint), load_tokenizer(checkpoint)


def logits(model, tokenizer, text, pair=None):
    with torch.no_grad():
        return model(**tokenizer(text, pair, return_tensors="pt")).logits


def trimmed(kind, folder, size, texts=COUNTED[:4]):
    """The model before and after, saved and loaded: (old model, old tokenizer, new model, new tokenizer, figures)."""
    source = saved(kind, folder / "whole")
    model, tokenizer = loaded(source.path)
    small, cut = trim_vocabulary(model, tokenizer, VocabularyTexts([texts]), size=size)
    (folder / "small").mkdir()
    save_checkpoint(model, small, folder / "small", lineage=())
    return *loaded(source.path), *loaded(folder / "small"), cut


def table_rows(folder):
    """The first axis of every tensor that is a token embedding or a head, as it lies on the disk."""
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "np") as file:
        names = [name for name in file.keys() if any(part in name for part in ("wor", "wte", "embed_tok", "lm_head"))]  # noqa: SIM118
        return {name: file.get_slice(name).get_shape()[0] for name in names if "pos" not in name}


@pytest.mark.parametrize("kind", KINDS)
def test_logits_of_covered_texts_are_the_same(kind, tmp_path):
    tokenizer = KINDS[kind][0]()
    size = len(tokenizer) - 20
    old, old_tokenizer, new, new_tokenizer, cut = trimmed(kind, tmp_path, size)
    assert (cut.before, cut.after, len(new_tokenizer), new.config.vocab_size) == (len(tokenizer), size, size, size)
    rows = table_rows(tmp_path / "small")
    assert set(rows.values()) == {size}
    assert len(rows) == (2 if kind == "llama-24" else 1), "a tied head is stored once"
    gone, kept = old_tokenizer.get_vocab().keys() - new_tokenizer.get_vocab().keys(), new_tokenizer.get_vocab()
    words = [torch.tensor([old_tokenizer.get_vocab()[token] for token in sorted(kept, key=kept.get)])]
    covered = 0
    for text in [*TEXTS[:4], *TEXTS, *HARD]:
        pieces = old_tokenizer(text).input_ids
        if set(old_tokenizer.convert_ids_to_tokens(pieces)) & gone or not pieces or len(pieces) > MAX_LENGTH - 2:
            continue
        if new_tokenizer(text).input_ids != [kept[token] for token in old_tokenizer.convert_ids_to_tokens(pieces)]:
            assert old_tokenizer.unk_token_id in pieces
            continue
        before, after = logits(old, old_tokenizer, text), logits(new, new_tokenizer, text)
        if describe(old).token_embedding.num_embeddings == before.shape[-1]:
            before = before[..., words[0]]
        assert torch.allclose(before, after, atol=1e-6), text
        covered += 1
    assert covered >= 4
    if kind not in ("gpt2", "llama", "llama-24"):
        assert torch.allclose(
            logits(old, old_tokenizer, *TEXTS[:2]), logits(new, new_tokenizer, *TEXTS[:2]), atol=1e-6
        )
        both = new_tokenizer([TEXTS[0], TEXTS[1] + " " + TEXTS[0]], padding=True, return_tensors="pt")
        with torch.no_grad():
            padded = new(**both).logits[:1]
        assert torch.allclose(padded, logits(new, new_tokenizer, TEXTS[0]), atol=1e-5), "padding is still no word"


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_classifier_on_a_decoder_keeps_its_logits(kind, decoder_classifiers, tmp_path):
    source = open_checkpoint(decoder_classifiers[kind])
    model, tokenizer = load_classifier(source), load_tokenizer(source)
    small, cut = trim_vocabulary(model, tokenizer, VocabularyTexts([COUNTED[:4]]), size=len(tokenizer) - 20)
    (tmp_path / "small").mkdir()
    save_checkpoint(model, small, tmp_path / "small", lineage=())
    new = load_classifier(open_checkpoint(tmp_path / "small"))
    old, new_tokenizer = load_classifier(source), load_tokenizer(open_checkpoint(tmp_path / "small"))
    assert (cut.after, new.config.vocab_size) == (len(tokenizer) - 20, len(tokenizer) - 20)
    gone, covered = tokenizer.get_vocab().keys() - new_tokenizer.get_vocab().keys(), 0
    for text in TEXTS:
        if not set(tokenizer.convert_ids_to_tokens(tokenizer(text).input_ids)) & gone:
            assert torch.allclose(logits(old, tokenizer, text), logits(new, new_tokenizer, text), atol=1e-6), text
            covered += 1
    assert covered >= 3


def written(model):
    """How a model generates; newer releases of transformers have none of a classifier."""
    return getattr(model, "generation_config", None)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_that_configurations_name_still_name_the_same_tokens(kind, tmp_path):
    old, old_tokenizer, new, new_tokenizer, _ = trimmed(kind, tmp_path, None)
    for before, after in ((old.config, new.config), (written(old), written(new))):
        for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
            word = getattr(before, name, None)
            if word is None or word >= len(old_tokenizer):
                assert getattr(after, name, None) is None
            else:
                token = old_tokenizer.convert_ids_to_tokens(word)
                assert new_tokenizer.convert_ids_to_tokens(getattr(after, name)) == token
        if before is old.config and written(old) is None:
            break
    assert describe(new).token_embedding.padding_idx == new.config.pad_token_id or kind in ("gpt2",)
    if kind == "roberta":
        assert describe(new).first_position == describe(old).first_position == 2


def test_ids_move_in_configurations_and_lists(tmp_path):
    source = saved("llama", tmp_path / "whole")
    model, tokenizer = loaded(source.path)
    model.config.pad_token_id = model.generation_config.pad_token_id = len(tokenizer) - 1
    model.generation_config.eos_token_id = [2, len(tokenizer) - 1]
    model.generation_config.bad_words_ids = [[3, len(tokenizer) - 2], [1]]
    last, second = tokenizer.convert_ids_to_tokens([len(tokenizer) - 1, len(tokenizer) - 2])
    small, cut = trim_vocabulary(model, tokenizer, VocabularyTexts([[("once", None)]]), size=None)
    report = model.generation_config
    assert cut.after < len(tokenizer)
    assert model.config.pad_token_id == report.pad_token_id == small.get_vocab()[last] < cut.after
    assert report.eos_token_id == [2, small.get_vocab()[last]]
    assert report.bad_words_ids == [[3, small.get_vocab()[second]], [1]]


def test_figures_are_those_counted_by_hand(tmp_path):
    _, tokenizer, _, small, cut = trimmed("distilbert", tmp_path, 70, texts=[(text, None) for text in ENGLISH])
    before = [tokenizer.tokenize(text) for text in ENGLISH]
    after = [small.tokenize(text) for text in ENGLISH]
    counts = Counter(token for tokens in before for token in tokens)
    there = small.get_vocab().keys()
    assert cut.texts == len(ENGLISH)
    assert cut.tokens_covered == pytest.approx(
        100 * sum(count for token, count in counts.items() if token in there) / counts.total()
    )
    same = sum(first == second for first, second in zip(before, after, strict=True))
    assert cut.same_ids == same
    assert cut.texts_covered == pytest.approx(100 * same / len(ENGLISH))
    assert cut.mean_length == pytest.approx(
        [np.mean([len(tokens) + 2 for tokens in each]) for each in (before, after)]
    )
    assert cut.p95_length == pytest.approx(
        [np.percentile([len(tokens) + 2 for tokens in each], 95) for each in (before, after)]
    )
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "small")]
    files = [len(each.backend_tokenizer.to_str().encode()) for each in (tokenizer, small)]
    assert cut.bytes_saved == pytest.approx(sizes[0] - sizes[1] + files[0] - files[1], abs=100)
    missing = Counter({token: count for token, count in counts.items() if token not in there})
    optional = [token for token in there if token in counts and len(token.removeprefix("##")) > 1]
    assert max(missing.values()) <= min(counts[token] for token in optional), "the most frequent stay"


@pytest.mark.parametrize("kind", ["distilbert", "bert", "albert"])
def test_no_text_that_was_counted_becomes_unknown(kind, tmp_path):
    _, old_tokenizer, _, small, _ = trimmed(kind, tmp_path, None, texts=COUNTED)
    assert len(small) < len(old_tokenizer)
    for text in TEXTS:
        before, after = old_tokenizer(text).input_ids, small(text).input_ids
        assert after.count(small.unk_token_id) <= before.count(old_tokenizer.unk_token_id)


def test_a_word_without_letters_of_its_own_keeps_a_way_to_be_written(tmp_path):
    """Greedy search can miss the pieces by which a word could be spelled: then those it had stay."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "abc", "##xy", "a", "##b", "##c", "##x", "##cx"]
    vocab = {piece: number for number, piece in enumerate(pieces)}
    alone = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    alone.normalizer, alone.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.WhitespaceSplit()
    tokenizer = BertTokenizerFast(tokenizer_object=alone, model_max_length=MAX_LENGTH)
    assert tokenizer.tokenize("abcxy") == ["abc", "##xy"]
    texts = [("abcxy", None), *[("acx", None)] * 9]
    model = classifier("distilbert", tokenizer)
    small, _ = trim_vocabulary(model, tokenizer, VocabularyTexts([texts]), size=11)
    assert small.tokenize("abcxy") == ["abc", "##xy"], "without abc, ##cx would be taken, and nothing goes on with y"
    assert small.tokenize("acx") == ["a", "##c", "##x"]


@pytest.mark.parametrize("kind", ["distilbert", "gpt2", "albert"])
def test_the_smallest_number_would_do_and_one_less_would_not(kind, tmp_path):
    source = saved(kind, tmp_path / "whole")
    with pytest.raises(UsageError, match="tokens must be kept") as refused:
        trim_vocabulary(*loaded(source.path), VocabularyTexts([COUNTED[:3]]), size=10)
    least = int(refused.value.advice.split()[1])
    with pytest.raises(UsageError, match="too small"):
        trim_vocabulary(*loaded(source.path), VocabularyTexts([COUNTED[:3]]), size=least - 1)
    assert trim_vocabulary(*loaded(source.path), VocabularyTexts([COUNTED[:3]]), size=least)[1].after == least
    model, tokenizer = loaded(source.path)
    with pytest.raises(UsageError, match="larger than the present one") as refused:
        trim_vocabulary(model, tokenizer, VocabularyTexts([COUNTED[:3]]), size=len(tokenizer) + 1)
    assert str(len(tokenizer)) in refused.value.advice


def test_texts_kept_whole_lose_no_token(tmp_path):
    source = saved("gpt2", tmp_path / "whole")
    model, tokenizer = loaded(source.path)
    small, cut = trim_vocabulary(model, tokenizer, VocabularyTexts([COUNTED[:2]], COUNTED[:1]), size=None)
    assert small.tokenize(TEXTS[0]) == tokenizer.tokenize(TEXTS[0])
    assert small.tokenize(TEXTS[1]) != tokenizer.tokenize(TEXTS[1])
    assert cut.same_ids == 1


def test_placeholders_that_no_text_reaches_go_first(tmp_path):
    from tokenizers import Tokenizer

    report = json.loads(tiny_tokenizer().backend_tokenizer.to_str())
    pieces = [*list(report["model"]["vocab"])[:5], *(f"[unused{n}]" for n in range(50)), *report["model"]["vocab"]]
    report["model"]["vocab"] = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = type(tiny_tokenizer())(tokenizer_object=Tokenizer.from_str(json.dumps(report)))
    model = classifier("distilbert", tokenizer)
    counted = VocabularyTexts([[("play some music", None)]])
    small, _ = trim_vocabulary(model, tokenizer, counted, size=len(tokenizer) - 50)
    assert not any(token.startswith("[unused") for token in small.get_vocab())


@pytest.mark.parametrize("kind", ["distilbert", "albert", "gpt2"])
def test_what_is_left_exports_with_parity(kind, tmp_path):
    from edgekit.bundle.manifest import Manifest
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    trimmed(kind, tmp_path, None)
    options = ExportOptions(target="rpi5", format="onnx", scheme="float")
    (bundle,) = export(tmp_path / "small", tmp_path / "bundles", options, golden=TEXTS[:4])
    manifest = Manifest.read(bundle / "manifest.json")
    assert manifest.parity.labels_equal == manifest.parity.cases
    assert manifest.parity.max_abs_difference < 1e-3


REAL = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))


def bert_base_chinese():
    return open_tokenizer(REAL / "tokenizers" / "bert-base-chinese", ("input_ids",), 512)


def albert_base():
    return open_tokenizer(REAL / "tokenizers" / "albert", ("input_ids",), 512)


def gpt2():
    return open_tokenizer(REAL / "tokenizers" / "gpt2", ("input_ids",), 1024)


def opened_gpt2(tokenizer):
    model = tiny_gpt2(tokenizer, n_embd=16, n_head=2)
    family_of(model).unpack_fused(model)
    return model


def real_texts(name):
    if name == "bert":
        lines = (REAL / "chnsenticorp" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:]
        return [line.split("\t")[0] for line in lines]
    if name == "albert":
        lines = (REAL / "sst2" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:5000]
        return [line.split("\t")[0] for line in lines]
    return json.loads(next((REAL / "tinystories").glob("*.json")).read_text(encoding="utf-8"))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "new_tokenizer", "size"),
    [("bert", bert_base_chinese, 5000), ("albert", albert_base, 8000), ("gpt2", gpt2, 8000)],
)
def test_published_vocabularies(name, new_tokenizer, size, tmp_path):
    if not (REAL / "tokenizers").is_dir():
        pytest.skip(f"{REAL / 'tokenizers'} is absent; EDGEKIT_REAL_DATA names the folder that holds it")
    tokenizer = new_tokenizer()
    model = opened_gpt2(tokenizer) if name == "gpt2" else classifier(name, tokenizer)
    texts = real_texts(name)
    small, cut = trim_vocabulary(model, tokenizer, VocabularyTexts([[(text, None) for text in texts]]), size=size)
    assert (len(small), cut.after, cut.texts) == (size, size, len(texts))
    assert cut.tokens_covered > 95
    names = {new: token for token, new in small.get_vocab().items()}
    there = small.get_vocab()
    checked = 0
    for text in [*texts[:: max(1, len(texts) // 500)], *HARD]:
        before = tokenizer.tokenize(text)
        if there.keys() >= set(before) and str(tokenizer.unk_token) not in before:
            assert [names[word] for word in small(text, add_special_tokens=False).input_ids] == before
            checked += 1
    assert checked > 20
    small.save_pretrained(tmp_path)
    assert Trimming(small).ids == type(small).from_pretrained(tmp_path).get_vocab()
