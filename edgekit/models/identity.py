"""What a checkpoint is, by content: free of paths, dates, lineage and the versions that libraries write into it."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundle.manifest import CheckpointExtras
from edgekit.io.hashing import file_sha256, value_sha256
from edgekit.schema.base_model import read_mapping

EXTRAS_FILE = "edgekit.json"
# all that is ever read of a checkpoint, from a folder or from the hub
READ_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_CONFIGS = ("config.json", "generation_config.json", "tokenizer_config.json")
_NOT_CONTENT = ("transformers_version", "_name_or_path", "name_or_path")


def content_hashes(folder: Path, extras: CheckpointExtras) -> dict[str, str]:
    """The sha256 of each file of a checkpoint by its name; of what `edgekit.json` says, blocks and plan alone.

    Raises `UsageError` for a configuration that is no JSON mapping.
    """
    files = sorted({path for pattern in READ_FILES for path in folder.glob(pattern) if path.is_file()})
    hashes = {path.name: _file_hash(path) for path in files if path.name != EXTRAS_FILE}
    if extras.blocks or extras.plan:
        hashes[EXTRAS_FILE] = value_sha256(extras.model_dump(mode="json", include={"blocks", "plan"}))
    return hashes


def _file_hash(path: Path) -> str:
    if path.name not in _CONFIGS:
        return file_sha256(path)
    return value_sha256({key: value for key, value in read_mapping(path).items() if key not in _NOT_CONTENT})
