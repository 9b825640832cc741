"""A fast tokenizer of transformers, as far as edgekit uses it: transformers itself gives no types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Tokenizer(Protocol):
    """A `PreTrainedTokenizerFast`; lengths are in tokens, special ones included."""

    model_max_length: int
    model_input_names: list[str]
    padding_side: str
    truncation_side: str
    pad_token: str | None
    chat_template: Any

    @property
    def is_fast(self) -> bool:
        """Whether it has a `tokenizer.json`, which is what a device reads."""

    @property
    def backend_tokenizer(self) -> Any:
        """The `tokenizers.Tokenizer` that does the work."""

    @property
    def init_kwargs(self) -> dict[str, Any]:
        """What it was made with."""

    @property
    def special_tokens_map_extended(self) -> Mapping[str, Any]:
        """The special tokens by what they are for."""

    @property
    def special_tokens_map(self) -> Mapping[str, object]:
        """The same, as texts."""

    @property
    def bos_token_id(self) -> int | None:
        """The token that begins a text."""

    @property
    def eos_token_id(self) -> int | None:
        """The token that ends a text."""

    @property
    def pad_token_id(self) -> int | None:
        """The token that fills up a batch."""

    @property
    def unk_token_id(self) -> int | None:
        """The token for what no other stands for."""

    @property
    def eos_token(self) -> str | None:
        """As text, the token that ends one."""

    @property
    def unk_token(self) -> str | None:
        """As text, the token for what no other stands for."""

    @property
    def mask_token(self) -> str | None:
        """As text, the token that a masked language model fills in."""

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of all special tokens."""

    def __len__(self) -> int:
        """Tokens in the vocabulary, added ones included."""

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """The encoding of a text or of a list of them: `input_ids` and the other `model_input_names`."""

    def pad(self, *args: object, **kwargs: object) -> Any:
        """A batch of encodings, each as long as the longest."""

    def get_vocab(self) -> dict[str, int]:
        """Every token with its id."""

    def convert_tokens_to_ids(self, tokens: str) -> int:
        """The id of a token."""

    def convert_ids_to_tokens(self, ids: int) -> str:
        """The token of an id."""

    def save_pretrained(self, save_directory: Path) -> tuple[str, ...]:
        """Write its files into a folder; their paths."""
