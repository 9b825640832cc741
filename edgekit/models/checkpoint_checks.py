"""What is refused of a checkpoint that libraries would take, wait for or compute with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from edgekit.errors import UsageError
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.schema.base_model import read_mapping

INDEX_FILE = "model.safetensors.index.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
# ten times the deepest model there is; transformers would build the blocks of any number, for hours
MOST_LAYERS = 1000
# several times the largest taxonomy that a classifier of texts has been trained for
MOST_LABELS = 100_000


def check_folder(folder: Path) -> None:
    """Raise `UsageError` for a pipe or a device among the files: reading one may never end."""
    for path in folder.iterdir():
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UsageError(f"{path} is no regular file")


def check_weight_files(folder: Path, files: Iterable[Path]) -> None:
    """Raise `UsageError` for weights that are a folder, or an index that leads out of it or to other than safetensors.

    transformers follows any path in an index, and reads a file that is not named safetensors as a pickle.
    """
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path} is no file")
    index = folder / INDEX_FILE
    if not index.is_file():
        return
    shards = read_mapping(index).get("weight_map")
    if not isinstance(shards, dict):
        raise UsageError(f"{index} has no weight_map")
    for name in {str(shard) for shard in shards.values()}:
        if PurePath(name).name != name or "\\" in name or not name.endswith(".safetensors"):
            raise UsageError(f"{index} names {name!r}, which is no .safetensors file in this folder")
        if not (folder / name).is_file():
            raise UsageError(f"{index} names {name!r}, which is not there")


def check_tokenizer_files(folder: Path) -> None:
    """Raise `UsageError` where none of the files is there that a tokenizer is made from."""
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise UsageError(
            f"{folder} has no tokenizer files",
            advice=f"copy the model's own into it: {TOKENIZER_FILES[0]}, or {', '.join(TOKENIZER_FILES[1:])}",
        )


def check_layers(folder: Path, config: ModelConfig) -> None:
    """Raise `UsageError` for a number of layers that no model has."""
    layers = getattr(config, "num_hidden_layers", 1)
    if isinstance(layers, int) and not 0 < layers <= MOST_LAYERS:
        raise UsageError(f"{folder / 'config.json'}: a model cannot have {str(layers)[:20]} layers")


def check_finite(folder: Path, model: LoadedModel) -> None:
    """Raise `UsageError` for weights with NaN or infinity among them: every answer would be one too."""
    import torch

    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            raise UsageError(f"{folder}: {name} holds values that are not finite", advice="a training has diverged")
