"""What is refused of a checkpoint that libraries would take, wait for or compute with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from edgekit.data.tokenizer import Tokenizer
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


def check_vocabulary(folder: Path, rows: object, tokenizer: Tokenizer) -> None:
    """Raise `UsageError` for tokens behind the last row of the embedding: a text that has one stops every runtime.

    rows: of the embedding, as the configuration says
    """
    vocabulary = tokenizer.get_vocab()
    if not isinstance(rows, int) or not vocabulary:
        return
    last = max(vocabulary, key=lambda token: vocabulary[token])
    if vocabulary[last] >= rows:
        raise UsageError(
            f"{folder}: its tokenizer has the token {last!r} with the number {vocabulary[last]}, and the model's "
            f"embedding ends at {rows - 1}",
            advice="give it the tokenizer that it was trained with, or make room for added tokens and train it: "
            "model.resize_token_embeddings(len(tokenizer))",
        )


def check_truncation(folder: Path, tokenizer: Tokenizer) -> None:
    """Raise `UsageError` for a classifier's tokenizer that keeps the end of a long text."""
    if tokenizer.truncation_side != "right":
        raise UsageError(
            f"{folder}: its tokenizer cuts long texts on the left, and everywhere else they are cut on the right",
            advice='write "truncation_side": "right" into tokenizer_config.json, and train it so',
        )


def check_pairs(folder: Path, inputs: Sequence[str]) -> None:
    """Raise `UsageError` for pairs of texts that a model does not take; see `takes_pairs`."""
    if not takes_pairs(read_mapping(folder / "config.json"), inputs):
        raise UsageError(
            f"{folder} takes single texts: it knows one token type (type_vocab_size 1), and a pair of texts has two",
            advice="leave the second texts out, or take a checkpoint that was trained on pairs",
        )


def takes_pairs(config: Mapping[str, object], inputs: Sequence[str]) -> bool:
    """Whether a model can read pairs of texts: not where it reads token types and has one embedding for all of them.

    inputs: the names of what it reads
    """
    return config.get("type_vocab_size") != 1 or "token_type_ids" not in inputs


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
