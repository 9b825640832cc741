"""Models made from nothing: a WordPiece tokenizer trained on the texts at hand, and a random classifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edgekit.models.families import family
from edgekit.spec.shape import Scratch, Shape

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# what the families call their dropout rates
_DROPOUTS = (
    "dropout",
    "attention_dropout",
    "seq_classif_dropout",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "classifier_dropout",
)
# the first character of plane 15, which is private use
_PRIVATE = 0xF0000


def train_wordpiece(texts: Iterable[str], vocabulary: int, max_length: int) -> Any:
    """A BERT tokenizer (lower case, accents stripped) of at most `vocabulary` pieces, made from these texts.

    The same texts give the same pieces with the same ids, every time.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import DistilBertTokenizerFast

    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = [word for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
    pieces = [*SPECIAL, *_pieces(words, vocabulary - len(SPECIAL))]
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(SPECIAL))
    ends = (("[SEP]", pieces.index("[SEP]")), ("[CLS]", pieces.index("[CLS]")))
    tokenizer.post_processor = processors.BertProcessing(*ends)
    return DistilBertTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_length)


def _pieces(words: Sequence[str], count: int) -> list[str]:
    """WordPiece pieces by merging the most frequent pairs, `##` before those that continue a word.

    The library's WordPiece trainer numbers continuing letters in the order of a hash table, which decides between
    equally frequent pairs, so that no two of its vocabularies are alike. Its BPE trainer has no such order: here each
    continuing letter goes into it as a private-use character of its own.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    letters = sorted({letter for word in words for letter in word})
    private = {letter: chr(_PRIVATE + index) for index, letter in enumerate(letters)}
    plain = {code: letter for letter, code in private.items()}
    coded = (word[0] + "".join(private[letter] for letter in word[1:]) for word in words)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(coded, trainers.BpeTrainer(vocab_size=count, show_progress=False))
    found = tokenizer.get_vocab()
    return [
        ("##" if piece[0] in plain else "") + "".join(plain.get(letter, letter) for letter in piece)
        for piece in sorted(found, key=found.__getitem__)
    ]


def new_classifier(scratch: Scratch, tokenizer: Any, labels: Sequence[str]) -> Any:
    """A randomly initialised classifier of this shape over the tokenizer's vocabulary."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.for_model(
        scratch.family, vocab_size=len(tokenizer), max_position_embeddings=scratch.max_length
    )
    shape = Shape(layers=scratch.layers, hidden=scratch.hidden, heads=scratch.heads, ffn=scratch.ffn)
    family(scratch.family).set_shape(config, shape)
    for name in _DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, scratch.dropout)
    config.pad_token_id = tokenizer.pad_token_id
    config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    return AutoModelForSequenceClassification.from_config(config)
