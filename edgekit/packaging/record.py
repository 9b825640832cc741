"""`edgekit-package.json`: what a package is and what it holds, so that it is known again, and replaced whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tarfile
from pathlib import Path
from typing import IO, Literal

import pydantic

from edgekit.agent.inference.bundle import Bundle
from edgekit.errors import ToolError, UsageError
from edgekit.io.atomic import PACKAGE_FILE
from edgekit.io.hashing import file_sha256
from edgekit.options.package_options import PlatformName
from edgekit.packaging.contents import Added
from edgekit.packaging.identity import Identity
from edgekit.schema.base_model import Strict


class AddedBytes(Strict):
    """`Added` as it is written down."""

    model: pydantic.PositiveInt
    tokenizer: pydantic.PositiveInt
    code: pydantic.NonNegativeInt
    runtime: str
    # packages of older versions do not say it
    machines: str = ""
    brings: dict[str, str] = pydantic.Field(default_factory=dict)


class PackageRecord(Strict):
    """A package as it was written.

    bundle:       the content hash of the bundle that it was made of
    content_hash: of the bundle in it, which has other golden cases where the package leaves some out
    files:        every file, this one left out, with its sha256
    """

    format_version: Literal[1] = 1
    platform: PlatformName
    identity: Identity
    bundle: str
    content_hash: str | None = None
    added: AddedBytes
    files: dict[str, str]


def write_record(
    folder: Path, platform: PlatformName, identity: Identity, bundle: Bundle, packaged: Bundle, added: Added
) -> PackageRecord:
    """Write down what `folder` holds now; `ToolError` where the bundle's model is not in it, byte for byte.

    packaged: the bundle as the package holds it
    """
    files = _files(folder)
    if bundle.model_sha256 not in files.values() and not _is_packed(bundle, folder):
        raise ToolError(f"the package for {platform} does not hold {bundle.model.name} as it is in the bundle")
    sizes = AddedBytes.parse(dataclasses.asdict(added), f"the package for {platform}")
    record = PackageRecord(
        platform=platform,
        identity=identity,
        bundle=bundle.content_hash,
        content_hash=packaged.content_hash,
        added=sizes,
        files=files,
    )
    text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    (folder / PACKAGE_FILE).write_text(text, encoding="utf-8")
    return record


def intact(folder: Path) -> PackageRecord | None:
    """The record of a package whose files are all as they were written; None of anything else.

    Files beside them, as those that building it makes, do not matter.
    """
    try:
        record = PackageRecord.read(folder / PACKAGE_FILE)
    except UsageError:
        return None
    whole = all((folder / name).is_file() and file_sha256(folder / name) == sha for name, sha in record.files.items())
    return record if whole else None


def _is_packed(bundle: Bundle, folder: Path) -> bool:
    """Whether a tarball in `folder` holds the model."""
    for path in sorted(folder.rglob("*.tar.gz")):
        with tarfile.open(path) as archive:
            named = (member for member in archive if Path(member.name).name == bundle.model.name)
            if any(_sha256(archive.extractfile(member)) == bundle.model_sha256 for member in named):
                return True
    return False


def _sha256(content: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    for piece in iter(lambda: content.read(1 << 20) if content else b"", b""):
        digest.update(piece)
    return digest.hexdigest()


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): file_sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
