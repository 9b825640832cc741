"""Opening a bundle: its manifest as a plain dict, every file checked against its sha256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import BadInput

FORMAT_VERSION = 1
TASK = "text-classification"
GOLDEN = "golden.jsonl"
TOKENIZER = "tokenizer.json"
_FILE_FIELDS: dict[str, type] = {"sha256": str, "bytes": int, "runtime": bool}


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are what its manifest says."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / str(self.manifest["model_file"])

    @property
    def tokenizer(self) -> Path:
        """The tokenizer file."""
        return self.folder / TOKENIZER

    @property
    def model_sha256(self) -> str:
        """The sha256 of the model file."""
        return str(self.manifest["files"][self.manifest["model_file"]]["sha256"])

    @property
    def content_hash(self) -> str:
        """The hash over all files of the bundle."""
        return str(self.manifest["content_hash"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each logit."""
        return tuple(self.manifest["labels"])

    @property
    def max_length(self) -> int:
        """The most tokens that the model takes."""
        return int(self.manifest["max_length"])

    @property
    def pad_id(self) -> int:
        """The token id that fills an input up."""
        return int(self.manifest["pad_id"])

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the model's inputs, in order."""
        return tuple(spec["name"] for spec in self.manifest["inputs"])


@dataclass(frozen=True)
class GoldenCase:
    """A text with the token ids, logits and label that any runtime must give."""

    text: str
    text_pair: str | None
    ids: tuple[int, ...]
    logits: tuple[float, ...]
    label: str


def open_bundle(folder: Path) -> Bundle:
    """Read the manifest of `folder` and check every file that it lists.

    Raises `BadInput` that names the file for a missing or changed file (with both hashes), a symbolic link, a name
    that leads out of the folder, or a manifest that this agent cannot read.
    """
    manifest = _read_manifest(folder)
    for name, entry in manifest["files"].items():
        _check_file(folder, name, entry)
    _check_content_hash(manifest)
    for name in (manifest["model_file"], TOKENIZER):
        if name not in manifest["files"]:
            raise BadInput(f"{folder}: the manifest lists no hash of {name}")
    return Bundle(folder, manifest)


def read_golden(bundle: Bundle) -> tuple[GoldenCase, ...]:
    """The golden cases of a bundle; `BadInput` where there are none or they cannot be read."""
    if GOLDEN not in bundle.manifest["files"]:
        raise BadInput(f"{bundle.folder}: the manifest lists no {GOLDEN}")
    lines = (bundle.folder / GOLDEN).read_text(encoding="utf-8").splitlines()
    cases = tuple(_golden_case(line, number) for number, line in enumerate(lines, 1) if line.strip())
    if not cases:
        raise BadInput(f"{bundle.folder / GOLDEN} holds no case")
    return cases


def sha256_of(path: Path) -> str:
    """The sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{folder} is no bundle: it has no manifest.json") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    if not isinstance(manifest, dict):
        raise BadInput(f"{path} must hold an object")
    if manifest.get("format_version") != FORMAT_VERSION:
        found = manifest.get("format_version")
        raise BadInput(f"{path} has format version {found}; this agent reads {FORMAT_VERSION}")
    _check_types(manifest, path)
    if manifest["task"] != TASK:
        raise BadInput(f"{path}: the task is {manifest['task']}; this agent runs {TASK}")
    return manifest


def _check_types(manifest: dict[str, Any], path: Path) -> None:
    expected: dict[str, type] = {
        "task": str,
        "model_file": str,
        "labels": list,
        "max_length": int,
        "inputs": list,
        "pad_id": int,
        "files": dict,
        "content_hash": str,
    }
    for key, kind in expected.items():
        if not isinstance(manifest.get(key), kind):
            raise BadInput(f"{path}: {key} is missing or is no {kind.__name__}")
    for entry in manifest["inputs"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BadInput(f"{path}: an input has no name")
    for name, entry in manifest["files"].items():
        if not isinstance(entry, dict):
            raise BadInput(f"{path}: files.{name} is no object")
        for key, kind in _FILE_FIELDS.items():
            # by its exact type, as True counts as a whole number
            if type(entry.get(key)) is not kind:
                raise BadInput(f"{path}: files.{name} has no {key}")


def _check_file(folder: Path, name: str, entry: dict[str, Any]) -> None:
    path = _inside(folder, name)
    if not path.is_file():
        raise BadInput(f"{folder}: {name} is in the manifest and not in the folder")
    found = sha256_of(path)
    if found != entry["sha256"]:
        raise BadInput(
            f"{folder}: {name} is not the file of the manifest: sha256 {found}, expected {entry['sha256']}",
            "export the bundle again, or copy it again",
        )
    size = path.stat().st_size
    if size != entry["bytes"]:
        raise BadInput(f"{folder}: {name} has {size} bytes, and the manifest says {entry['bytes']}")


def _inside(folder: Path, name: str) -> Path:
    """The path of a manifest's file name; refuses what could read outside the folder."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise BadInput(f"{folder}: the manifest names {name!r}, which leads out of the bundle")
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise BadInput(f"{folder}: {name} is or goes through a symbolic link")
    return path


def _check_content_hash(manifest: dict[str, Any]) -> None:
    lines = "".join(
        f"{name}\0{entry['sha256']}\0{entry['bytes']}\0{int(entry['runtime'])}\n"
        for name, entry in sorted(manifest["files"].items())
    )
    if hashlib.sha256(lines.encode()).hexdigest() != manifest["content_hash"]:
        raise BadInput("manifest.json: content_hash does not follow from the files listed")


def _golden_case(line: str, number: int) -> GoldenCase:
    try:
        row = json.loads(line)
        return GoldenCase(
            text=str(row["text"]),
            text_pair=None if row.get("text_pair") is None else str(row["text_pair"]),
            ids=tuple(int(value) for value in row["ids"]),
            logits=tuple(float(value) for value in row["logits"]),
            label=str(row["label"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{GOLDEN}:{number}: not a golden case: {error!r}") from None
