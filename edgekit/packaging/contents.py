"""What every package holds: the bundle as it is, and files filled in from templates."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.agent.inference.bundle import Bundle, golden_lines, open_bundle
from edgekit.agent.json_object import JsonObject
from edgekit.bundle.manifest import MANIFEST_FILE
from edgekit.errors import agent_errors


@dataclass(frozen=True)
class Added:
    """The bytes that a package adds to an app, by what they are for; `runtime` names what the app loads beside it.

    machines: what it runs on: architectures, versions of the system or of Python
    brings:   the version of each project whose wheel is in the package
    """

    model: int
    tokenizer: int
    code: int
    runtime: str
    machines: str
    brings: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of it, the runtime not counted."""
        return self.model + self.tokenizer + self.code


def copy_bundle(bundle: Bundle, folder: Path) -> None:
    """Copy the manifest and every file that it lists into `folder`, byte for byte; measurements stay behind.

    What has arrived is checked against its hashes: `UsageError` where the bundle was changed meanwhile.
    """
    folder.mkdir(parents=True)
    for name in (MANIFEST_FILE, *bundle.manifest["files"]):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundle.folder / name, place)
    with agent_errors():
        open_bundle(folder)


def fill(templates: Path, folder: Path, values: Mapping[str, str]) -> None:
    """Copy a tree of templates into `folder`; `@@KEY@@` in their texts and names becomes the value of KEY."""
    for path in sorted(templates.rglob("*")):
        if path.is_file():
            place = folder / _filled(path.relative_to(templates).as_posix(), values)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_filled(path.read_text(encoding="utf-8"), values), encoding="utf-8")


def golden_rows(bundle: Bundle) -> list[JsonObject]:
    """The golden cases of a bundle as they are written. Raises `UsageError` where they cannot be read."""
    with agent_errors():
        return [json.loads(line) for _, line in golden_lines(bundle)]


def added(bundle: Bundle, folder: Path, runtime: str, machines: str) -> Added:
    """What the files below `folder`, which an app ships, weigh: model and tokenizer by name, the rest as code."""
    model = bundle.model.stat().st_size
    tokenizer = bundle.tokenizer.stat().st_size
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Added(model, tokenizer, total - model - tokenizer, runtime, machines)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(f"@@{key}@@", value)
    return text
