"""The lineage of what a stage makes: what was done before, and this step with its inputs, options and tools."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edgekit import __version__
from edgekit.data.splits import Data
from edgekit.models.checkpoint import Checkpoint
from edgekit.spec.data_options import EMBEDDED
from edgekit.spec.errors import NotFoundError
from edgekit.spec.hashing import file_sha256, folder_sha256, value_sha256
from edgekit.spec.manifest import Step
from edgekit.spec.shape import Scratch
from edgekit.spec.shipped import load_target
from edgekit.spec.strict import Strict

_TOOLS = ("torch", "transformers", "onnx", "onnxruntime", "litert-torch", "ai-edge-quantizer", "ai-edge-litert")


def next_step(
    stage: str,
    options: Strict,
    *,
    before: Checkpoint | None = None,
    data: Data | None = None,
    teacher: Checkpoint | None = None,
    scratch: Scratch | None = None,
) -> tuple[Step, ...]:
    """The lineage of `before` and this stage at its end; inputs are named by their content hashes."""
    said, inputs = recorded(options)
    if scratch is not None:
        said["scratch"] = scratch.model_dump(mode="json")
    if before is not None:
        inputs["checkpoint"] = folder_sha256(before.path)
    if teacher is not None:
        inputs["teacher"] = folder_sha256(teacher.path)
    if data is not None:
        inputs |= {f"data.{split}": sha256 for split, sha256 in data.sha256.items()}
    step = Step(stage=stage, options=said, inputs=inputs, tools=tool_versions())
    return (*(before.extras.lineage if before is not None else ()), step)


def recorded(options: Strict) -> tuple[dict[str, Any], dict[str, str]]:
    """Options as they are written down, and the content hashes of what they point to.

    A file is named by its own name, not by where it lies here; a target by its name, wherever its facts came from.
    Raises `NotFoundError` for a file or a target that does not exist.
    """
    said = options.model_dump(mode="json")
    inputs = {}
    for name in said:
        value = getattr(options, name)
        if isinstance(value, Path) and str(value) != EMBEDDED:
            said[name], inputs[name] = value.name, _hash(value)
        elif name == "target":
            target = load_target(value)
            said[name], inputs[name] = target.name, value_sha256(target.model_dump(mode="json"))
    return said, inputs


def _hash(path: Path) -> str:
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist")
    return file_sha256(path)


def tool_versions() -> dict[str, str]:
    """The versions of everything that can change a result."""
    versions = {"edgekit": __version__, "python": platform.python_version()}
    for tool in _TOOLS:
        try:
            versions[tool] = version(tool)
        except PackageNotFoundError:
            continue
    return versions
