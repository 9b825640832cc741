"""The content hash of a bundle: one sha256 over its files and all facts of its manifest that decide an answer."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import struct
from collections.abc import Mapping
from pathlib import Path

from ..json_object import JsonObject

# of single-label classifiers and language models; of models whose logits mean something else, with facts of their own
FORMAT_VERSION, HEAD_FORMAT_VERSION = 2, 3
FORMAT_VERSIONS = (FORMAT_VERSION, HEAD_FORMAT_VERSION)
# the key of a manifest or a record under which the hash of all else in it stands
SEAL = "sha256"
# what decides an answer, or what it is checked against; accuracy, lineage and notes may be added later
FACTS = (
    *("task", "format", "model_file", "scheme", "target", "target_facts", "runtime", "family", "labels", "max_length"),
    *("lengths", "inputs", "outputs", "pad_id", "generation", "parity", "plan", "blocks"),
)
# what decides an answer in format 3 beside these
HEAD_FACTS = ("problem_type", "thresholds")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def content_hash(manifest: JsonObject) -> str:
    """The content hash of a manifest, as its JSON has it; a fact that it does not hold counts as null.

    First a line a file, in the order of their names in UTF-8: name, sha256, bytes and runtime. Then the facts as
    `canonical` writes them. The packages for Android, iOS and the web compute the same.
    Raises `ValueError` or `TypeError` for a manifest that is none, `ArithmeticError` for a number beyond any double.
    """
    files = sorted(manifest["files"].items(), key=lambda item: str(item[0]).encode())
    lines = "".join(f"{name}\0{file['sha256']}\0{file['bytes']}\0{int(file['runtime'])}\n" for name, file in files)
    facts = FACTS + (HEAD_FACTS if manifest.get("format_version") == HEAD_FORMAT_VERSION else ())
    return hashlib.sha256(lines.encode() + canonical({key: manifest.get(key) for key in facts})).hexdigest()


def canonical(value: object) -> bytes:
    """One way to write a JSON value in bytes, which needs no decimal form of a number.

    null `n`; true `t`, false `f`; a number `d` and the 16 hexadecimal digits of its double (IEEE 754, big endian, 0
    without a sign); a text `s`, its length in bytes of UTF-8, `:` and these; a list `[`...`]`; an object `{`...`}`,
    its keys in the order of their UTF-8. Raises TypeError for what is no JSON value.
    """
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, (int, float)):
        return b"d" + struct.pack(">d", value + 0.0).hex().encode()
    if isinstance(value, str):
        encoded = value.encode()
        return b"s%d:" % len(encoded) + encoded
    if isinstance(value, Mapping):
        pairs = sorted((str(key).encode(), key) for key in value)
        return b"{" + b"".join(canonical(key) + canonical(value[key]) for _, key in pairs) + b"}"
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return b"[" + b"".join(canonical(item) for item in value) + b"]"


def seal_of(file: Mapping[str, object]) -> str:
    """The sha256 over everything in a manifest or a record but the seal; `ValueError` where a text is no Unicode."""
    rest = {key: value for key, value in file.items() if key != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_whole(file: Mapping[str, object]) -> bool:
    """Whether a manifest or a record is as edgekit wrote it: its seal follows from all else in it."""
    try:
        return bool(file.get(SEAL) == seal_of(file))
    except (ValueError, RecursionError):
        return False


def follows(manifest: JsonObject) -> bool:
    """Whether the content hash of a manifest, whose files are listed as they must be, follows from it."""
    try:
        return bool(manifest.get("content_hash") == content_hash(manifest))
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return False


def changed(path: Path) -> tuple[str, str]:
    """What is said of a manifest that is not as edgekit wrote it, and what to do."""
    return (
        f"{path} was changed since edgekit wrote it: its hashes do not follow from what it says",
        "copy the bundle again, or export it again",
    )


def other_version(manifest: Mapping[str, object], path: Path) -> tuple[str, str]:
    """What is said of a manifest of another format version, and the command that renews its bundle."""
    version = manifest.get("format_version")
    if version != 1 or isinstance(version, bool):
        shown = version if type(version) is int and abs(version) < 1000 else "unknown"
        return (
            f"{path} has format version {shown}; this edgekit reads {FORMAT_VERSION} and {HEAD_FORMAT_VERSION}",
            "update edgekit",
        )
    target, file_format = _word(manifest.get("target"), "TARGET"), _word(manifest.get("format"), "FORMAT")
    out = shlex.quote(str(path.parent))
    command = f"edgekit export CHECKPOINT --target {target} --format {file_format} --out {out} --force"
    return (
        f"{path} is of an older format ({version}), in which labels and tolerances were not under the content hash",
        f"renew the bundle from the checkpoint that it was made of: {command}",
    )


def _word(value: object, placeholder: str) -> str:
    """A value where it is a plain word, else what stands for it."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else placeholder
