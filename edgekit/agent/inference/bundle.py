"""Opening a bundle: its manifest as a plain dict and every file, each checked against the hashes there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import BadInput
from ..json_object import JsonObject
from .content_hash import FORMAT_VERSIONS, HEAD_FORMAT_VERSION, changed, follows, is_whole, other_version
from .problem_type import SINGLE_LABEL, Answer, Head, head_fault

CLASSIFICATION, GENERATION = "text-classification", "text-generation"
MANIFEST_FILE = "manifest.json"
GOLDEN = "golden.jsonl"
TOKENIZER = "tokenizer.json"
# what the manifest says of `pairs` where a text alone is none of the model's
PAIRS_ONLY = "only"
# bytes of a file's name, on every system
LONGEST_NAME = 255
# a file of edgekit's own is far below these; the memory of a device is not far above
MANIFEST_BYTES, GOLDEN_BYTES = 16_000_000, 64_000_000
# what tensors of token ids and lengths of texts are counted in
MOST = 2**31 - 1
# several times the largest taxonomy that a classifier of texts has been trained for
MOST_LABELS = 100_000
_FILE_FIELDS: dict[str, type] = {"sha256": str, "bytes": int, "runtime": bool}


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are what its manifest says."""

    folder: Path
    manifest: JsonObject

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
        """The hash over all files of the bundle, and all facts of its manifest that decide an answer."""
        return str(self.manifest["content_hash"])

    @property
    def task(self) -> str:
        """What the model does: `text-classification` or `text-generation`."""
        return str(self.manifest["task"])

    def require_task(self, task: str, advice: str) -> None:
        """Raise `BadInput`, with the command for the other task as advice, unless the bundle is for this task."""
        if self.task != task:
            raise BadInput(f"{self.folder} is a bundle for {self.task}, not for {task}", advice)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each logit."""
        return tuple(self.manifest["labels"])

    @property
    def takes_pairs(self) -> bool:
        """Whether a classifier takes pairs of texts: it does unless its manifest says otherwise."""
        return bool(self.manifest.get("pairs", True))

    @property
    def needs_pairs(self) -> bool:
        """Whether a classifier was trained on pairs of texts, and knows nothing of a text alone."""
        return self.manifest.get("pairs") == PAIRS_ONLY

    @property
    def head(self) -> Head:
        """How the logits are read."""
        problem_type = str(self.manifest.get("problem_type") or SINGLE_LABEL)
        return Head(self.labels, problem_type, tuple(self.manifest.get("thresholds") or ()))

    @property
    def max_length(self) -> int:
        """The most tokens that the model takes."""
        return int(self.manifest["max_length"])

    @property
    def pad_id(self) -> int:
        """The token id that fills an input up."""
        return int(self.manifest["pad_id"])

    @property
    def start_id(self) -> int | None:
        """The token id that begins a text of a decoder, where there is one."""
        value = self.manifest["generation"].get("bos_id")
        return None if value is None else int(value)

    @property
    def eos_ids(self) -> frozenset[int]:
        """The token ids with which a decoder ends its text."""
        return frozenset(self.manifest["generation"]["eos_ids"])

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the model's inputs, in order."""
        return tuple(spec["name"] for spec in self.manifest["inputs"])


@dataclass(frozen=True)
class GoldenCase:
    """A text with the token ids, logits and answer that any runtime must give.

    made: whether the text was made of the vocabulary's words, and is like none that the model is for
    """

    text: str
    text_pair: str | None
    ids: tuple[int, ...]
    logits: tuple[float, ...]
    answer: Answer
    made: bool = False


def open_bundle(folder: Path) -> Bundle:
    """Read the manifest of `folder` and check its hashes, and every file that it lists.

    Raises `BadInput` that names the file for a missing or changed file (with both hashes), a symbolic link, a name
    that leads out of the folder, or a manifest that was changed, is of another format or that nobody can read.
    """
    manifest = read_manifest(folder)
    check_manifest(manifest, folder)
    return check_files(folder, manifest)


def check_files(folder: Path, manifest: JsonObject) -> Bundle:
    """The bundle of a manifest that `check_manifest` took, once every file that it lists is checked.

    Raises `BadInput` as `open_bundle` does.
    """
    for name, entry in manifest["files"].items():
        _check_file(folder, name, entry)
    for name in (manifest["model_file"], TOKENIZER):
        if name not in manifest["files"]:
            raise BadInput(f"{folder}: the manifest lists no hash of {name}")
    return Bundle(folder, manifest)


def read_golden(bundle: Bundle) -> tuple[GoldenCase, ...]:
    """The golden cases of a classifier's bundle; `BadInput` where there are none or they cannot be read."""
    return tuple(_golden_case(line, number) for number, line in golden_lines(bundle))


def golden_lines(bundle: Bundle) -> list[tuple[int, str]]:
    """The lines of a bundle's golden cases with their numbers; `BadInput` where there are none."""
    if GOLDEN not in bundle.manifest["files"]:
        raise BadInput(f"{bundle.folder}: the manifest lists no {GOLDEN}")
    try:
        lines = _text(bundle.folder / GOLDEN, GOLDEN_BYTES).split("\n")
    except (OSError, ValueError) as error:
        raise BadInput(f"{bundle.folder / GOLDEN} cannot be read: {error}") from None
    found = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadInput(f"{bundle.folder / GOLDEN} holds no case")
    return found


def file_sha256(path: Path) -> str:
    """The sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_manifest(folder: Path) -> JsonObject:
    """What the manifest of `folder` says, unchecked.

    Raises `BadInput` for one that is missing, a link, too long or no JSON object with each key once.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = json.loads(_text(path, MANIFEST_BYTES), object_pairs_hook=_each_once)
    except (FileNotFoundError, NotADirectoryError):
        within = sorted(str(each.parent) for each in folder.glob(f"*/{MANIFEST_FILE}"))
        cure = f"name one: {', '.join(within)}" if within else "make one: edgekit export"
        raise BadInput(f"{folder} is no bundle: it has no manifest.json", cure) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    if not isinstance(manifest, dict):
        raise BadInput(f"{path} must hold an object")
    return manifest


def check_manifest(manifest: JsonObject, folder: Path) -> None:
    """Raise `BadInput` for a manifest of another format, a changed one, or one that this agent cannot run.

    Of the files that it lists only the names are checked.
    """
    path = folder / MANIFEST_FILE
    if manifest.get("format_version") not in FORMAT_VERSIONS:
        raise BadInput(*other_version(manifest, path))
    if not is_whole(manifest):
        raise BadInput(*changed(path))
    _check_types(manifest, path)
    if not follows(manifest):
        raise BadInput(*changed(path))
    check = _TASK_CHECKS.get(manifest["task"])
    if check is None:
        raise BadInput(f"{path}: the task is {manifest['task']}; this agent runs {' and '.join(_TASK_CHECKS)}")
    check(manifest, path)
    for name in manifest["files"]:
        _parts(folder, name)


def _each_once(pairs: list[tuple[str, Any]]) -> JsonObject:
    """The pairs of an object; `ValueError` for a key that comes twice, of which one would be lost unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _text(path: Path, most: int) -> str:
    """The text of a regular file of at most `most` bytes: a link may lead out, a pipe or a device never end."""
    if path.is_symlink():
        raise BadInput(f"{path} is a symbolic link")
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is no regular file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadInput(f"{path} has more than {most} bytes")
    return content.decode()


def _check_types(manifest: JsonObject, path: Path) -> None:
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
    for key in ("max_length", "pad_id"):
        if not 0 <= manifest[key] <= MOST:
            raise BadInput(f"{path}: {key} is {str(manifest[key])[:20]}, which no model takes")
    labels = manifest["labels"]
    if len(labels) > MOST_LABELS:
        raise BadInput(f"{path}: it names {len(labels)} labels, and a model may have {MOST_LABELS}")
    if not all(isinstance(label, str) for label in labels) or len(set(labels)) < len(labels):
        raise BadInput(f"{path}: labels must be texts, each one once")
    parity = manifest.get("parity") or {}
    if not isinstance(parity, dict) or not all(_is_tolerance(parity.get(key, 0.0)) for key in ("atol", "rtol")):
        raise BadInput(f"{path}: parity: atol and rtol must be numbers from 0 on")
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


def _is_tolerance(value: object) -> bool:
    """Whether this is a finite number from 0 on: within an endless one every answer is right."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < MOST


def _check_generation(manifest: JsonObject, path: Path) -> None:
    # the newer format is of classifiers whose logits mean something else than usual
    facts = manifest.get("problem_type"), manifest.get("thresholds")
    if manifest["format_version"] == HEAD_FORMAT_VERSION or any(facts):
        raise BadInput(f"{path}: a model for {GENERATION} has no problem_type, and no format that has one")
    generation = manifest.get("generation")
    if not isinstance(generation, dict) or not isinstance(generation.get("eos_ids"), list):
        raise BadInput(f"{path}: generation is missing or names no eos_ids")
    # by their exact type, as True counts as a whole number
    ids = [*generation["eos_ids"], *([] if generation.get("bos_id") is None else [generation["bos_id"]])]
    if any(type(value) is not int for value in ids):
        raise BadInput(f"{path}: generation: token ids must be whole numbers")


def _check_classification(manifest: JsonObject, path: Path) -> None:
    """Of the format that has them, the problem type and the thresholds; all else every manifest says."""
    facts = manifest.get("problem_type"), manifest.get("thresholds")
    if manifest["format_version"] == HEAD_FORMAT_VERSION:
        fault = head_fault(*facts, manifest["labels"])
    else:
        fault = "this format has no problem_type" if any(facts) else None
    if fault is not None:
        raise BadInput(f"{path}: {fault}")


# what the manifest of each task must say beside what all say
_TASK_CHECKS: dict[str, Callable[[JsonObject, Path], None]] = {
    CLASSIFICATION: _check_classification,
    GENERATION: _check_generation,
}


def _check_file(folder: Path, name: str, entry: JsonObject) -> None:
    path = _inside(folder, name)
    if not path.is_file():
        raise BadInput(f"{folder}: {name} is in the manifest and not in the folder")
    found = file_sha256(path)
    if found != entry["sha256"]:
        raise BadInput(
            f"{folder}: {name} is not the file of the manifest: sha256 {found}, expected {entry['sha256']}",
            "export the bundle again, or copy it again",
        )
    size = path.stat().st_size
    if size != entry["bytes"]:
        raise BadInput(f"{folder}: {name} has {size} bytes, and the manifest says {entry['bytes']}")


def _parts(folder: Path, name: str) -> tuple[str, ...]:
    """The parts of a manifest's file name; refuses those that lead out of the folder, and what is no name."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or not name.isprintable():
        raise BadInput(f"{folder}: the manifest names {name!r}, which leads out of the bundle")
    for part in parts:
        if len(part.encode()) > LONGEST_NAME:
            raise BadInput(f"{folder}: the manifest names {part[:40]!r}..., which is too long for a file")
    return parts


def _inside(folder: Path, name: str) -> Path:
    """The path of a manifest's file name; refuses what could read outside the folder."""
    path = folder
    for part in _parts(folder, name):
        path = path / part
        if path.is_symlink():
            raise BadInput(f"{folder}: {name} is or goes through a symbolic link")
    return path


def _golden_case(line: str, number: int) -> GoldenCase:
    try:
        row = json.loads(line)
        return GoldenCase(
            text=str(row["text"]),
            text_pair=None if row.get("text_pair") is None else str(row["text_pair"]),
            ids=tuple(int(value) for value in row["ids"]),
            logits=tuple(float(value) for value in row["logits"]),
            answer=_golden_answer(row),
            made=row.get("origin") == "vocabulary",
        )
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BadInput(f"{GOLDEN}:{number}: not a golden case: {error!r}") from None


def _golden_answer(row: JsonObject) -> Answer:
    """The label, the labels or the number of a golden case; the last two are of format 3 alone."""
    if "labels" in row:
        return tuple(str(label) for label in row["labels"])
    return float(row["value"]) if "value" in row else str(row["label"])
