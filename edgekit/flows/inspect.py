"""Inspect: what a checkpoint or a bundle is, and where each of its megabytes is."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.manifest import Manifest, Step
from edgekit.errors import EdgekitWarning, UsageError
from edgekit.options.model_ref import ModelRef
from edgekit.parts import missing_part

_TOKENIZER_FILES = ("tokenizer.json",)


@dataclass(frozen=True)
class Part:
    """A part of the whole: token embedding, attention, FFN, tokenizer, ...; in MB of 10^6 bytes."""

    name: str
    mb: float


@dataclass(frozen=True)
class Inspection:
    """What was found. size_mb counts weights and tokenizer; format is None for a checkpoint."""

    path: str
    kind: str
    family: str
    format: str | None
    scheme: str
    size_mb: float
    parameters: int
    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    manifest: Manifest | None
    lineage: tuple[Step, ...]


def inspect(what: str | Path | ModelRef | BundleFolder) -> Inspection:
    """Look into a bundle, whose hashes are then checked, or a checkpoint. Raises `UsageError` for anything else."""
    model = bundle_or_checkpoint(what)
    if isinstance(model, BundleFolder):
        return _bundle(model)
    if model.path.exists() and not (model.path / "config.json").is_file():
        raise UsageError(f"{model.path} is neither a bundle (manifest.json) nor a checkpoint (config.json)")
    return _checkpoint(model)


def _bundle(bundle: BundleFolder) -> Inspection:
    bundle.checked()
    manifest = bundle.manifest
    parts = _model_parts(bundle, manifest)
    parts |= {
        name: file.bytes for name, file in manifest.files.items() if file.runtime and name != manifest.model_file
    }
    return Inspection(
        path=str(bundle),
        kind="bundle",
        family=manifest.family,
        format=manifest.format,
        scheme=manifest.scheme,
        size_mb=manifest.size_mb,
        parameters=manifest.parameters,
        labels=manifest.labels,
        parts=_sorted(parts),
        manifest=manifest,
        lineage=manifest.lineage,
    )


def _model_parts(bundle: BundleFolder, manifest: Manifest) -> dict[str, int]:
    """Bytes of each part of the model file; of the whole, with a warning, where nothing here reads the format."""
    from edgekit.export.format import format_named

    try:
        return format_named(manifest.format).file_parts(bundle.model_file)
    except ModuleNotFoundError as error:
        if (missing := missing_part(error)) is None:
            raise
        warnings.warn(
            f"the parts of the model are not told apart: {missing.message}. {missing.advice}",
            EdgekitWarning,
            stacklevel=2,
        )
        return {"model": bundle.model_file.stat().st_size}


def _checkpoint(reference: ModelRef) -> Inspection:
    from edgekit.models.checkpoint import open_checkpoint
    from edgekit.models.sizes import tensor_parts

    checkpoint = open_checkpoint(reference)
    path = checkpoint.path
    parts, parameters = tensor_parts(checkpoint)
    parts |= {name: (path / name).stat().st_size for name in _TOKENIZER_FILES if (path / name).is_file()}
    return Inspection(
        path=str(path),
        kind="checkpoint",
        family=checkpoint.family,
        format=None,
        scheme=checkpoint.extras.plan.scheme if checkpoint.extras.plan else "float",
        size_mb=sum(parts.values()) / 1e6,
        parameters=parameters,
        labels=checkpoint.labels,
        parts=_sorted(parts),
        manifest=None,
        lineage=checkpoint.extras.lineage,
    )


def _sorted(parts: dict[str, int]) -> tuple[Part, ...]:
    ordered = sorted(parts.items(), key=lambda item: -item[1])
    return tuple(Part(name, size / 1e6) for name, size in ordered if size)
