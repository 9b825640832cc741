"""Whether a model reads token types, which tell the second text of a pair: where its own tokenizer gives them.

transformers feeds a model what the tokenizer gives, and a model that is given no types adds its first to every token.
So a checkpoint was trained with the types of its tokenizer, whatever is usual in its family.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgekit.data.tokenizer import Tokenizer
from edgekit.models.loaded_model import ModelConfig
from edgekit.models.registry import family
from edgekit.models.typed_model import TYPES
from edgekit.schema.base_model import read_mapping
from edgekit.schema.families import FAMILIES

_SETTINGS = "tokenizer_config.json"
# what of a class gives types before release 5 of transformers, and none since; and the class that came with it
_NEWER, _NEWER_CLASS = 5, "TokenizersBackend"
_OF_ITS_RELEASE = ("AlbertTokenizer", "PreTrainedTokenizer")


def named_inputs(folder: Path, config: Mapping[str, object]) -> tuple[str, ...] | None:
    """The inputs of a model of a known family that its tokenizer gives; None for any other family.

    config: its `config.json`
    """
    kind = str(config.get("model_type", ""))
    if kind not in FAMILIES:
        return None
    usual, taken = family(kind).inputs, family(kind).inputs_of(config)
    typed = gives_types(folder, config)
    if typed is None:
        return usual
    return tuple(name for name in taken if typed or name != TYPES)


def gives_types(folder: Path, config: Mapping[str, object]) -> bool | None:
    """Whether the tokenizer in a folder gives token types, as its settings or its class say.

    Of a class whose releases differ, what the one gave that saved it; None where the class is not known.
    """
    saved = read_mapping(folder / _SETTINGS) if (folder / _SETTINGS).is_file() else {}
    named = saved.get("model_input_names")
    if isinstance(named, list):
        return TYPES in named
    name = saved.get("tokenizer_class") or config.get("tokenizer_class")
    if not isinstance(name, str):
        return None
    if name == _NEWER_CLASS:
        return False
    if name.removesuffix("Fast") in _OF_ITS_RELEASE:
        return not _is_newer(config)
    import transformers

    kind = getattr(transformers, f"{name.removesuffix('Fast')}Fast", None) or getattr(transformers, name, None)
    with suppress(ImportError):  # what stands for a class whose library is not installed raises at any of its names
        names = getattr(kind, "model_input_names", None)
        return TYPES in names if isinstance(names, list) else None
    return None


def _is_newer(config: Mapping[str, object]) -> bool:
    """Whether a `config.json` was saved by release 5 of transformers or one behind it."""
    major = str(config.get("transformers_version", "")).partition(".")[0]
    return major.isdigit() and int(major) >= _NEWER


def reads_types_of(folder: Path, config: ModelConfig) -> bool:
    """Whether the model of a checkpoint is given token types by its own tokenizer; `config` is the loaded one."""
    raw = read_mapping(folder / "config.json")
    inputs = named_inputs(folder, raw)
    if inputs is not None:
        return TYPES in inputs
    return gives_types(folder, raw) is not False and takes_types(config)


def give_inputs(tokenizer: Tokenizer, names: Sequence[str]) -> None:
    """Have a tokenizer give these inputs, in place, also where it is saved and opened again."""
    tokenizer.model_input_names = list(names)
    tokenizer.init_kwargs["model_input_names"] = list(names)


def give_own_types(tokenizer: Tokenizer, typed: bool | None, config: ModelConfig) -> None:
    """The same for a model of any family: types where the tokenizer was saved with them and the model takes them."""
    before = tokenizer.model_input_names
    typed = TYPES in before if typed is None else typed
    names = [name for name in before if name != TYPES]
    if typed and takes_types(config):
        names.insert(before.index(TYPES) if TYPES in before else 1, TYPES)
    if names != list(before):
        give_inputs(tokenizer, names)


def takes_types(config: ModelConfig) -> bool:
    """Whether the classifier of a configuration has an argument for token types."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING

    kind = MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING.get(type(config), None)
    return kind is None or TYPES in inspect.signature(kind.forward).parameters
