"""Models made from nothing: a tokenizer trained on the texts at hand, and a random classifier or language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from edgekit.data.tokenizer import Tokenizer
from edgekit.models.encoder import activation_key
from edgekit.models.head import name_labels, set_problem_type
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.models.registry import family, require_decoder
from edgekit.schema.families import DECODERS
from edgekit.schema.shape import Scratch, Shape
from edgekit.tasks.problem_type import SINGLE_LABEL, ProblemType

# of a byte-level tokenizer: what begins and ends a text, and what fills up a batch
END, PAD = "<|endoftext|>", "<|pad|>"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# what the families call their dropout rates
_DROPOUTS = (
    "dropout",
    "attention_dropout",
    "seq_classif_dropout",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "classifier_dropout",
    "classifier_dropout_prob",
    "embd_pdrop",
    "attn_pdrop",
    "resid_pdrop",
)
# the width of every published ALBERT's embeddings
_EMBEDDING = 128
# the first character of plane 15, which is private use
_PRIVATE = 0xF0000
# so often a piece must have come to stand in a vocabulary: a name or a number of one text alone is nobody's to see,
# and whoever has the model has its vocabulary
_FREQUENT = 2


def train_tokenizer(texts: Iterable[str], scratch: Scratch) -> Tokenizer:
    """A tokenizer as the family has it: byte-level BPE for decoders, WordPiece for encoders."""
    if scratch.family in DECODERS:
        return train_bytes(texts, scratch.vocabulary, scratch.max_length)
    return train_wordpiece(texts, scratch.vocabulary, scratch.max_length, family(scratch.family).inputs)


def train_bytes(texts: Iterable[str], vocabulary: int, max_length: int) -> Tokenizer:
    """A byte-level BPE tokenizer as GPT-2's, of at most `vocabulary` pieces made from these texts: it knows any text.

    Nothing is put before or after a text. What comes once in all texts makes no piece. The same texts give the same
    pieces with the same ids, every time.
    """
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers
    from transformers import GPT2TokenizerFast

    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=_FREQUENT,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ends = {"bos_token": END, "eos_token": END, "unk_token": END, "pad_token": PAD}
    trained: Tokenizer = GPT2TokenizerFast(
        tokenizer_object=tokenizer,
        **ends,
        model_max_length=max_length,
        model_input_names=["input_ids", "attention_mask"],
    )
    return trained


def train_wordpiece(
    texts: Iterable[str],
    vocabulary: int,
    max_length: int,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
) -> Tokenizer:
    """A BERT tokenizer (lower case, accents stripped) of at most `vocabulary` pieces, made from these texts.

    It gives `inputs`, as the family of the model takes them. A word that one text alone has makes no piece. The same
    texts give the same pieces with the same ids, every time.
    """
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors
    from transformers import BertTokenizerFast

    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = _shared_words(
        [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))] for text in texts
    )
    pieces = [*SPECIAL, *_pieces(words, vocabulary - len(SPECIAL))]
    tokenizer = tokenizers.Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(SPECIAL))
    ends = (("[SEP]", pieces.index("[SEP]")), ("[CLS]", pieces.index("[CLS]")))
    tokenizer.post_processor = processors.BertProcessing(*ends)
    trained: Tokenizer = BertTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=max_length, model_input_names=list(inputs)
    )
    return trained


def _shared_words(texts: Iterable[Sequence[str]]) -> Counter[str]:
    """How often each word comes; once, which is too seldom for a piece, where one text alone has it.

    texts: the words of each
    """
    # counted, not kept: what a million texts say is said in far fewer words
    words: Counter[str] = Counter()
    having: Counter[str] = Counter()
    for text in texts:
        words.update(text)
        having.update(set(text))
    return Counter({word: count if having[word] >= _FREQUENT else 1 for word, count in words.items()})


def _pieces(words: Counter[str], count: int) -> list[str]:
    """WordPiece pieces by merging the most frequent pairs, `##` before those that continue a word.

    The library's WordPiece trainer numbers continuing letters in the order of a hash table, which decides between
    equally frequent pairs, so that no two of its vocabularies are alike. Its BPE trainer has no such order: here each
    continuing letter goes into it as a private-use character of its own.
    """
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    letters = sorted({letter for word in words for letter in word})
    private = {letter: chr(_PRIVATE + index) for index, letter in enumerate(letters)}
    plain = {code: letter for letter, code in private.items()}
    coded = (word[0] + "".join(private[letter] for letter in word[1:]) for word in words.elements())
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=count, min_frequency=_FREQUENT, show_progress=False)
    tokenizer.train_from_iterator(coded, trainer)
    found = tokenizer.get_vocab()
    return [
        ("##" if piece[0] in plain else "") + "".join(plain.get(letter, letter) for letter in piece)
        for piece in sorted(found, key=found.__getitem__)
    ]


def new_classifier(
    scratch: Scratch,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    *,
    problem_type: ProblemType = SINGLE_LABEL,
    activation: str | None = None,
) -> LoadedModel:
    """A randomly initialised classifier of this shape over the tokenizer's vocabulary; opened, as one from a file.

    activation: of the feed-forward layers of an encoder, as transformers calls it. Default: its family's
    """
    from transformers import AutoModelForSequenceClassification

    config = _config(scratch, tokenizer)
    if activation is not None:
        setattr(config, activation_key(config), activation)
    name_labels(config, labels)
    set_problem_type(config, problem_type)
    model: LoadedModel = AutoModelForSequenceClassification.from_config(config)
    family(scratch.family).unpack_fused(model)
    return model


def new_language_model(scratch: Scratch, tokenizer: Tokenizer) -> LoadedModel:
    """A randomly initialised language model of this shape, opened as `load_decoder` opens one; its head is tied."""
    from transformers import AutoModelForCausalLM

    require_decoder(scratch.family)
    model: LoadedModel = AutoModelForCausalLM.from_config(_config(scratch, tokenizer))
    family(scratch.family).unpack_fused(model)
    return model


def _config(scratch: Scratch, tokenizer: Tokenizer) -> ModelConfig:
    from transformers import AutoConfig

    decoder = scratch.family in DECODERS
    kind = family(scratch.family)
    special = {"pad_token_id": tokenizer.pad_token_id}
    if decoder:
        special |= {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        special |= {"tie_word_embeddings": True}
    config: ModelConfig = AutoConfig.for_model(scratch.family, vocab_size=len(tokenizer), **special)
    config.max_position_embeddings = kind.first_position(config) + scratch.max_length
    kind.set_shape(config, Shape(scratch.layers, scratch.hidden, scratch.heads, scratch.ffn))
    if hasattr(config, "embedding_size"):
        config.embedding_size = scratch.embedding or min(_EMBEDDING, scratch.hidden)
    for name in _DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, scratch.dropout)
    return config
