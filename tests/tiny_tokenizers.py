"""Tokenizers of further kinds: Unigram, Chinese WordPiece, RoBERTa's; and texts that are hard on all of them."""

from __future__ import annotations

from tiny_checkpoint import TEXTS as ENGLISH
from tiny_decoder import TEXTS as MIXED

CHINESE = ("这 家 酒店 很 好", "房间 太 小 了, 不 推荐", "服务 态度 很 好 👍")
TEXTS = (*ENGLISH, *MIXED, *CHINESE)
HARD = (
    "",
    " ",
    "\t\n\r\n  x",
    "🔥🥵👩‍👩‍👧‍👦🏳️‍🌈",
    "明天早上七点 turn on 灯!",
    "naïve CAFÉ größer ﬁ ①",
    "a\u0301\u0300\u200b\u200d\ufeff\x00\x07\x7f",
    "[CLS] <s> </s> <|endoftext|> [unused1] ## ▁▁ <0x41>",
    "مرحبا שלום नमस्ते",
    "x" * 500,
)


def unigram():
    """As ALBERT's: ▁ before words, an unknown token, [CLS] and [SEP] around a text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import AlbertTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        TEXTS * 20,
        trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return AlbertTokenizerFast(tokenizer_object=tokenizer)


def chinese_wordpiece():
    from edgekit.models.scratch import train_wordpiece

    return train_wordpiece([text.replace(" ", "") for text in CHINESE] * 20 + list(ENGLISH) * 5, 400, 64)


def roberta():
    """As RoBERTa's: byte-level BPE with <s> and </s> around a text, and tokens added behind the vocabulary."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import RobertaTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXTS * 3,
        trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    made = RobertaTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>")
    made.add_tokens(["<url>", "@user"])
    return made
