"""The `tokenizer.json` files on which a package's tokenizers are compared: published ones, small ones made here."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from hard_texts import HARD_TEXTS
from trained_tokenizers import TRAINED

from edgekit.models.tokenizer.tokenizer_folder import open_tokenizer

DATA = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))
# the published vocabularies, and how many of the pieces of one a trimmed one keeps
PUBLISHED = ("bert-base-uncased", "bert-base-chinese", "gpt2", "albert", "stories260k")
SMALLER = 4_000
# what a reader must take for said where a file leaves it out
DEFAULTS: Mapping[str, bool] = {
    "use_regex": True,
    "split": True,
    "byte_fallback": False,
    "ignore_merges": False,
    "fuse_unk": False,
}


def published(name: str) -> Any:
    """A vocabulary as it was published, in Hugging Face's form. Raises `FileNotFoundError` where it is not at hand."""
    folder = DATA / ("weights/stories260K" if name == "stories260k" else f"tokenizers/{name}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not here")
    if name != "stories260k":
        return open_tokenizer(folder, ("input_ids", "attention_mask"), 512)
    from transformers import LlamaTokenizerFast

    return LlamaTokenizerFast(vocab_file=str(folder / "tok512.model"), legacy=True)


def roberta_of_gpt2() -> Any:
    """GPT-2's pieces between <s> and </s>: what (Distil)RoBERTa publishes, but for the numbers."""
    from tokenizers import AddedToken, processors

    tokenizer = published("gpt2").backend_tokenizer
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", AddedToken("<mask>", lstrip=True)])
    ends = [(token, tokenizer.token_to_id(token)) for token in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends)
    return tokenizer


def trimmed(name: str, size: int = SMALLER) -> Any:
    """A published vocabulary after `edgekit prune --vocabulary`: without most of its pieces, all ids renumbered."""
    from edgekit.compress.pruning.vocabulary import choose
    from edgekit.models.tokenizer.trim_tokenizer import Trimming, encoded

    tokenizer = published(name)
    trimming = Trimming(tokenizer)
    counts = [0] * (max(trimming.names) + 1)
    for ids in encoded(tokenizer, [(text, None) for text in HARD_TEXTS if len(text) < 100]):
        for number in ids:
            counts[number] += 1
    return trimming.without_others(choose(trimming, np.array(counts), trimming.required, size))


def older(text: str) -> str:
    """The file as older releases wrote it: merges as one string, no field that says a default, cutting and padding.

    A bundle decides by itself how it cuts, and pads never: what the file says of these counts for nothing.
    """
    said = json.loads(text)
    model = {key: value for key, value in said["model"].items() if DEFAULTS.get(key) is not value}
    if "merges" in model:
        model["merges"] = [" ".join(merge) for merge in model["merges"]]
    said |= {part: _older_part(said[part]) for part in ("normalizer", "pre_tokenizer", "post_processor")}
    cut = {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
    filling = {"strategy": {"Fixed": 9}, "direction": "Left", "pad_to_multiple_of": None}
    padding = filling | {"pad_id": 0, "pad_type_id": 0, "pad_token": "x"}
    return json.dumps({**said, "model": model, "truncation": cut, "padding": padding})


def _older_part(said: Any) -> Any:
    if isinstance(said, list):
        return [_older_part(part) for part in said]
    if not isinstance(said, dict):
        return said
    kept = {key: _older_part(value) for key, value in said.items() if DEFAULTS.get(key) is not value}
    if kept.get("type") == "Metaspace":
        kept["add_prefix_space"] = kept.pop("prepend_scheme", "always") != "never"
    return kept


def _text(make: Callable[[], Any]) -> str:
    made = make()
    text: str = getattr(made, "backend_tokenizer", made).to_str()
    return text


def _older(make: Callable[[], Any]) -> str:
    return older(_text(make))


# name -> the text of its tokenizer.json; the published ones raise FileNotFoundError where their files are not here
ZOO: dict[str, Callable[[], str]] = {name: partial(_text, partial(published, name)) for name in PUBLISHED}
ZOO["roberta of gpt2"] = partial(_text, roberta_of_gpt2)
ZOO |= {f"{name}, trimmed": partial(_text, partial(trimmed, name)) for name in PUBLISHED[:4]}
ZOO |= {name: partial(_text, make) for name, make in TRAINED.items()}
ZOO |= {f"{name}, older": partial(_older, TRAINED[name]) for name in ("smollm", "llama 2 always", "xlm-roberta")}
# those that are made from nothing
SMALL = tuple(name for name in ZOO if name.removesuffix(", older") in TRAINED)
