"""The lineage of what a stage makes: what was done before, and this step with its inputs, options and tools."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from edgekit import __version__
from edgekit.data.splits import Data
from edgekit.models.checkpoint import Checkpoint
from edgekit.spec.hashing import folder_sha256
from edgekit.spec.manifest import Step
from edgekit.spec.strict import Strict

_TOOLS = ("torch", "transformers", "onnx", "onnxruntime", "litert-torch", "ai-edge-quantizer", "ai-edge-litert")


def next_step(
    stage: str,
    options: Strict,
    *,
    before: Checkpoint | None = None,
    data: Data | None = None,
    teacher: Checkpoint | None = None,
    results: Mapping[str, str] | None = None,
) -> tuple[Step, ...]:
    """The lineage of `before` and this stage at its end; inputs are named by their content hashes."""
    inputs = dict(results or {})
    if before is not None:
        inputs["checkpoint"] = folder_sha256(before.path)
    if teacher is not None:
        inputs["teacher"] = folder_sha256(teacher.path)
    if data is not None:
        inputs |= {f"data.{split}": sha256 for split, sha256 in data.sha256.items()}
    step = Step(stage=stage, options=options.model_dump(mode="json"), inputs=inputs, tools=tool_versions())
    return (*(before.extras.lineage if before is not None else ()), step)


def tool_versions() -> dict[str, str]:
    """The versions of everything that can change a result."""
    versions = {"edgekit": __version__, "python": platform.python_version()}
    for tool in _TOOLS:
        try:
            versions[tool] = version(tool)
        except PackageNotFoundError:
            continue
    return versions
