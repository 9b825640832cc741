"""Hugging Face's settings files as packages hold them: what says how a model computes, not where it was made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from edgekit.schema.base_model import read_mapping

# what a trainer leaves behind in them: paths, and names of data, of runs and of other models
_NAMES = re.compile(
    r".*(?:name_or_path|_dir|_path|_file|_repo|run_name|run_id)|(?:dataset|tag|author|user|comment)s?"
    r"|finetuning_task|auto_map"
)
# public anyway, whatever characters they have
_SHOWN = frozenset({"id2label", "label2id", "architectures"})
_IDENTIFIER = re.compile(r"[^\s/\\@]*")
# the keys of a tokenizer's settings whose texts say what it does; any program may have added others
_OF_TOKENIZERS = re.compile(
    r".*_(?:token|tokens|side|class)|added_tokens_decoder|model_input_names|errors|never_split|truncation_strategy"
    r"|vocab_type"
)


def redacted_settings(path: Path) -> bytes | None:
    """The settings in a JSON file without what names its owner's files and data; None where nothing has to go.

    None of any other file as well. No packaged program reads them: they say how the model was made up. Of the texts
    in a tokenizer's those stay that are known to say what it does; a chat template, which may hold anything, goes.
    Raises `UsageError` for a file that holds no JSON object.
    """
    keeps = {"config.json": _stays, "generation_config.json": _stays, "tokenizer_config.json": _is_of_tokenizer}
    if path.name not in keeps:
        return None
    settings = read_mapping(path)
    kept = {key: value for key, value in settings.items() if keeps[path.name](key, value)}
    if len(kept) == len(settings):
        return None
    return (json.dumps(kept, indent=2, ensure_ascii=False) + "\n").encode()


def _stays(key: str, value: object) -> bool:
    if key in _SHOWN:
        return True
    return not _NAMES.fullmatch(key) and all(_IDENTIFIER.fullmatch(text) for text in _texts(value))


def _is_of_tokenizer(key: str, value: object) -> bool:
    return bool(_OF_TOKENIZERS.fullmatch(key)) or not any(_texts(value))


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
