"""Where the bytes of a checkpoint are: by the part of the model that a tensor belongs to."""

from __future__ import annotations

import math
import re
from collections import Counter

from edgekit.errors import UsageError
from edgekit.models.checkpoint import Checkpoint

# in the order in which they are tried: the first pattern found in a tensor's name says which part it is
PARTS = (
    ("token embedding", r"word_embeddings|wte|embed_tokens|^words"),
    ("position embedding", r"position_embeddings|wpe|^positions"),
    ("token type embedding", r"token_type_embeddings|^types|^only_type"),
    ("projection", r"embedding_hidden_mapping_in|^projection"),
    ("norms", r"norm|ln_"),
    ("attention", r"attention|attn|_qkv|_query|_kv|(?<!ffn)_output"),
    ("FFN", r"ffn|mlp|intermediate|output\.dense|lin1|lin2"),
    ("head", r"classifier|score|lm_head|pooler|^head"),
)


def part_of(name: str) -> str:
    """The part of a model that a tensor of this name belongs to."""
    return next((part for part, pattern in PARTS if re.search(pattern, name, re.IGNORECASE)), "other")


def tensor_parts(checkpoint: Checkpoint) -> tuple[dict[str, int], int]:
    """Bytes of each part, and the number of parameters, read from the headers of the safetensors files alone.

    Raises `UsageError` where there are none, or one is corrupt.
    """
    from safetensors import SafetensorError, safe_open

    sizes: Counter[str] = Counter()
    parameters = 0
    for path in sorted(checkpoint.path.glob("*.safetensors")):
        if not path.is_file():
            raise UsageError(f"{path} is no file")
        try:
            with safe_open(path, "np") as file:
                for name in file.keys():  # noqa: SIM118  it is no mapping
                    piece = file.get_slice(name)
                    count = math.prod(piece.get_shape())
                    sizes[part_of(name)] += count * _width(str(piece.get_dtype()))
                    parameters += count if path.stem.startswith("model") else 0
        except SafetensorError as error:
            raise UsageError(f"{path} is corrupt: {error}") from None
    if not sizes:
        raise UsageError(f"{checkpoint.path} holds no .safetensors weights; edgekit reads no other kind")
    return dict(sizes), parameters


def _width(dtype: str) -> int:
    """Bytes of a value: the digits of a safetensors dtype are its bits."""
    digits = re.search(r"\d+", dtype)
    return max(1, int(digits.group()) // 8) if digits else 1
