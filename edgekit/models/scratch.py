"""Models made from nothing: a WordPiece tokenizer trained on the texts at hand, and a random classifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edgekit.models.families import family
from edgekit.spec.shape import Scratch, Shape


def train_wordpiece(texts: Iterable[str], vocabulary: int, max_length: int) -> Any:
    """A BERT tokenizer (lower case, accents stripped) of at most `vocabulary` pieces, made from these texts."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import DistilBertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    ids = {token: tokenizer.token_to_id(token) for token in special}
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return DistilBertTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_length)


def new_classifier(scratch: Scratch, tokenizer: Any, labels: Sequence[str]) -> Any:
    """A randomly initialised classifier of this shape over the tokenizer's vocabulary."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.for_model(
        scratch.family, vocab_size=len(tokenizer), max_position_embeddings=scratch.max_length
    )
    shape = Shape(layers=scratch.layers, hidden=scratch.hidden, heads=scratch.heads, ffn=scratch.ffn)
    family(scratch.family).set_shape(config, shape)
    config.pad_token_id = tokenizer.pad_token_id
    config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    return AutoModelForSequenceClassification.from_config(config)
