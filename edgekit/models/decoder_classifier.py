"""Classifiers on a decoder's body, which read their answer at the last token of a text that is no padding."""

from __future__ import annotations

from edgekit.data.tokenizer import Tokenizer
from edgekit.models.loaded_model import LoadedModel


def make_classifying(tokenizer: Tokenizer) -> None:
    """Give a decoder's tokenizer what batches of texts need, in place, for a classifier that is yet to be trained.

    Padding on the right, with the end token where there is none for it; and the end token behind a text where nothing
    is put around it, so that an empty one has a token too. Where the end token is the padding, the answer is read at
    the token before it.
    """
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    tokenizer.padding_side = "right"
    if not tokenizer("")["input_ids"]:
        _put_behind(tokenizer, str(tokenizer.eos_token or tokenizer.pad_token))


def read_as_trained(tokenizer: Tokenizer, pad_id: int | None) -> None:
    """The same for a classifier that is trained already, so that it says of every text what it was trained to say.

    pad_id: the token that its configuration names as padding
    Where nothing is put around a text, an empty one is read as one token of padding, wherever rows are made: see
    `data.tokens` and `agent.inference.classifier`. No other text gives a place to it.
    """
    if pad_id is not None and pad_id != tokenizer.pad_token_id and 0 <= pad_id < len(tokenizer):
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(pad_id)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    tokenizer.padding_side = "right"


def pad_as(model: LoadedModel, tokenizer: Tokenizer) -> None:
    """Tell the model which token is padding, in place."""
    model.config.pad_token_id = tokenizer.pad_token_id


def _put_behind(tokenizer: Tokenizer, end: str) -> None:
    """Have a special token end every text, and each of a pair."""
    from tokenizers import processors

    numbers = [(end, tokenizer.convert_tokens_to_ids(end))]
    single, pair = f"$A {end}", f"$A {end} $B:1 {end}:1"
    template = processors.TemplateProcessing(single=single, pair=pair, special_tokens=numbers)
    tokenizer.backend_tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), template]
    )
