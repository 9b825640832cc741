"""Small tokenizers, trained here, that together hold every component a package's tokenizers must know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hard_texts import HARD_TEXTS
from tiny_tokenizers import TEXTS
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from edgekit.models.scratch import train_wordpiece

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
# how GPT-4's, Llama 3's and Qwen's split, and how CLIP's does
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
CLIP_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
Make = Callable[[], Any]


def _corpus() -> Iterator[str]:
    """The common texts often, so that they become pieces; the hard ones once, so that no script is unknown."""
    yield from TEXTS * 10
    yield from (text for text in HARD_TEXTS if len(text) < 49)


def _learned(model: Any, trainer: Any, normalizer: Any = None, splitter: Any = None) -> Any:
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if splitter is not None:
        tokenizer.pre_tokenizer = splitter
    tokenizer.train_from_iterator(_corpus(), trainer)
    return tokenizer


def _bpe(normalizer: Any = None, splitter: Any = None, special: tuple[str, ...] = (), **model: Any) -> Any:
    """A BPE tokenizer of about 1,500 pieces, with options that its trainer does not know set afterwards."""
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=list(special), show_progress=False, limit_alphabet=700, max_token_length=16
    )
    return changed(_learned(models.BPE(), trainer, normalizer, splitter), lambda said: said["model"].update(model))


def _byte_level(splitter: Any, normalizer: Any = None, special: tuple[str, ...] = ("<|endoftext|>",)) -> Any:
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer = _learned(models.BPE(), trainer, normalizer, splitter)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def changed(tokenizer: Any, change: Callable[[dict[str, Any]], object]) -> Any:
    """The tokenizer as it reads from its own file after `change` has been made to that."""
    said = json.loads(tokenizer.to_str())
    change(said)
    return Tokenizer.from_str(json.dumps(said))


def wordpiece_cased() -> Any:
    """As bert-base-cased, but that accents go; words of more than 30 characters are unknown."""
    tokenizer = train_wordpiece(list(_corpus()), 1200, 64).backend_tokenizer
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False)
    return changed(tokenizer, lambda said: said["model"].update(max_input_chars_per_word=30))


def wordpiece_uncleaned() -> Any:
    """Lower case with accents and control characters kept, nothing around a text, pairs without a template."""
    tokenizer = train_wordpiece(list(_corpus()), 1200, 64).backend_tokenizer
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=False, lowercase=True, strip_accents=False)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B:1", special_tokens=[])
    return tokenizer


def wordpiece_of_parts() -> Any:
    """The same steps as BERT's, by the separate components; digits one by one, punctuation contiguous."""
    steps = [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.Strip()]
    tokenizer = train_wordpiece(list(_corpus()), 1200, 64).backend_tokenizer
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Whitespace(),
            pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    return tokenizer


def roberta() -> Any:
    """As RoBERTa's, a space before the text, and added tokens of each kind."""
    special = ("<s>", "<pad>", "</s>", "<unk>")
    tokenizer = _byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True, trim_offsets=True), special=special)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("[MASK]", lstrip=True, rstrip=True)])
    tokenizer.add_tokens(
        [
            AddedToken("<url>"),
            AddedToken("@user", single_word=True),
            AddedToken("<u", rstrip=True),
            AddedToken("字字字", normalized=False),
            AddedToken("http", single_word=True, lstrip=True),
        ]
    )
    return tokenizer


def smollm() -> Any:
    """As SmolLM2's: each digit by itself, then byte-level words."""
    splitter = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    return _byte_level(pre_tokenizers.Sequence(splitter), special=special)


def llama3() -> Any:
    """As Llama 3's: one expression that splits, words of the vocabulary taken whole, two post-processors."""
    tokenizer = _byte_level(
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(WORDS), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    )
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|endoftext|> $A", pair="<|endoftext|> $A <|endoftext|>:1 $B:1", special_tokens=[_END]
            ),
        ]
    )
    return changed(tokenizer, _ignore_merges)


_END = ("<|endoftext|>", 0)


def _ignore_merges(said: dict[str, Any]) -> None:
    """Words without any merge that leads to them, which only a look-up of the whole word can find."""
    model = said["model"]
    model["ignore_merges"] = True
    for word in ("Ġlight", "Ġonce", "kitchen", "æĺİå¤©"):
        model["vocab"].setdefault(word, len(model["vocab"]))


def qwen() -> Any:
    """As Qwen's: composed characters, no token around a text."""
    splitter = [
        pre_tokenizers.Split(Regex(WORDS.replace("{1,3}", "")), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
    ]
    return _byte_level(pre_tokenizers.Sequence(splitter), normalizers.NFC())


def whisper() -> Any:
    """As Whisper's: several special tokens before a text, and one behind it."""
    special = ("<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>")
    tokenizer = _byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), special=special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|startoftranscript|> <|notimestamps|> $A <|endoftext|>",
        pair="<|startoftranscript|> <|notimestamps|> $A $B:1 <|endoftext|>:1",
        special_tokens=[(token, number) for number, token in enumerate(special)],
    )
    return tokenizer


def _llama_2(normalizer: Any, splitter: Any = None, *, fuse: bool = True) -> Any:
    special = ("<unk>", "<s>", "</s>", *BYTES)
    options = {"unk_token": "<unk>", "fuse_unk": fuse, "byte_fallback": True}
    tokenizer = _bpe(normalizer, splitter, special, **options)
    # the trainer makes added tokens of the bytes, which a text must not reach by their names
    tokenizer = changed(tokenizer, lambda said: said.update(added_tokens=said["added_tokens"][:3]))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def llama_2() -> Any:
    """As Llama 2's first files: ▁ by the normalizer, before every stretch between added tokens; bytes for the rest."""
    return _llama_2(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))


def llama_2_first() -> Any:
    """As its later ones: ▁ before the first word of a text only."""
    return _llama_2(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False))


def llama_2_always() -> Any:
    """▁ before each stretch, words apart, unknown characters apart."""
    return _llama_2(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), fuse=False)


def bpe_without_bytes() -> Any:
    """▁ nowhere but for spaces; what is not in the vocabulary is one unknown token for each stretch of it."""
    splitter = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    return _bpe(normalizers.NFKC(), splitter, ("<unk>", "<s>"), unk_token="<unk>", fuse_unk=True)


def bpe_dropping() -> Any:
    """No unknown token and no bytes: what is not in the vocabulary is gone. Splits at white space alone."""
    return _bpe(normalizers.Lowercase(), pre_tokenizers.WhitespaceSplit())


def _unigram(normalizer: Any, splitter: Any, special: tuple[str, ...], **model: Any) -> Any:
    """Pieces of the common texts; and the letters of all, equally likely: on some of them the trainer gives up."""
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=list(special), unk_token="<unk>", show_progress=False
    )
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    if splitter is not None:
        tokenizer.pre_tokenizer = splitter
    tokenizer.train_from_iterator(TEXTS * 10, trainer)
    known = tokenizer.get_vocab()
    letters = sorted({letter for text in _corpus() for letter in normalizer.normalize_str(text)} - known.keys())
    more = [[letter, -20.0] for letter in letters[::2]]
    return changed(tokenizer, lambda said: (said["model"].update(model), said["model"]["vocab"].extend(more)))


def xlm_roberta() -> Any:
    """As XLM-RoBERTa's and T5's: white space first, then ▁; unknown characters next to each other are one token."""
    splitter = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer = _unigram(normalizers.NFKC(), splitter, ("<s>", "<pad>", "</s>", "<unk>", "<mask>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def unigram_with_bytes() -> Any:
    """As Gemma's and newer T5's: bytes for characters outside the vocabulary, spaces replaced, nothing split."""
    tokenizer = _unigram(normalizers.Replace(" ", "▁"), None, ("<unk>", "<s>", *BYTES), byte_fallback=True)
    return changed(tokenizer, lambda said: said.update(added_tokens=said["added_tokens"][:2]))


def albert() -> Any:
    """As ALBERT's: SentencePiece's own table of characters, compiled into the model that it trains."""
    import sentencepiece
    from transformers import AlbertTokenizerFast

    special = ["[CLS]", "[SEP]", "[MASK]"]
    with TemporaryDirectory() as folder:
        model = str(Path(folder, "spiece"))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(text.replace("\0", "") for text in _corpus()),
            model_prefix=model,
            vocab_size=1000,
            hard_vocab_limit=False,
            normalization_rule_name="nmt_nfkc_cf",
            control_symbols=special,
            num_threads=1,
            minloglevel=2,
        )
        return AlbertTokenizerFast(vocab_file=f"{model}.model").backend_tokenizer


def splitting(pattern: Any, behavior: str, *, invert: bool = False) -> Make:
    """Letters and pairs of them, cut by `Split`: where it cuts shows in which pairs can merge."""

    def make() -> Any:
        tokenizer = _bpe(None, pre_tokenizers.WhitespaceSplit(), ("<unk>",), unk_token="<unk>")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(pattern, behavior, invert=invert), pre_tokenizers.Punctuation(behavior)]
        )
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Replace(Regex(r"\s{2,}|\d+"), " "), normalizers.NFD(), normalizers.Strip(right=False)]
        )
        return tokenizer

    return make


def overlapping() -> Any:
    """Added tokens that begin with one another, that the normalizer changes, and that lie in the vocabulary."""
    tokenizer = _unigram(normalizers.Lowercase(), pre_tokenizers.Metaspace(), ("<unk>", "[CLS]", "[SEP]"))
    tokenizer.add_special_tokens(["<s>", "<s></s>", "[MASK]", AddedToken("[PAD]", normalized=True)])
    tokenizer.add_tokens(["wor", "word w", "İ", "ß", AddedToken("WORD", normalized=True), "<|endoftext|>", "✨"])
    tokenizer.add_tokens([AddedToken("a", single_word=True, rstrip=True), AddedToken("the", lstrip=True), "\n"])
    return tokenizer


TRAINED: dict[str, Make] = {
    "wordpiece cased": wordpiece_cased,
    "wordpiece uncleaned": wordpiece_uncleaned,
    "wordpiece of parts": wordpiece_of_parts,
    "roberta": roberta,
    "smollm": smollm,
    "llama 3": llama3,
    "qwen": qwen,
    "whisper": whisper,
    "llama 2": llama_2,
    "llama 2 first": llama_2_first,
    "llama 2 always": llama_2_always,
    "bpe without bytes": bpe_without_bytes,
    "bpe dropping": bpe_dropping,
    "xlm-roberta": xlm_roberta,
    "unigram with bytes": unigram_with_bytes,
    "small albert": albert,
    "overlapping": overlapping,
    "split removed": splitting(Regex(r"[aeiou]+"), "removed"),
    "split isolated": splitting("t", "isolated"),
    "split with previous": splitting(Regex(r"[^\s\p{L}\p{N}]|\s"), "merged_with_previous"),
    "split with next": splitting(Regex(r"\p{N}|\s"), "merged_with_next"),
    "split contiguous": splitting(Regex(r"\p{L}"), "contiguous"),
    "split inverted": splitting(Regex(CLIP_WORDS), "removed", invert=True),
}
