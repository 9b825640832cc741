"""A model, its tokenizer and its plan -> the folder that goes on a device, proven against its reference."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from edgekit.agent.inference.bundle import GOLDEN
from edgekit.bundle.manifest import MANIFEST_FILE, NEEDED_FILES, File, Manifest
from edgekit.bundle.model_card import CARD_FILE, model_card
from edgekit.export.format import format_named
from edgekit.export.golden_cases import Reference
from edgekit.export.lowering import Lowering
from edgekit.export.simulation import simulated
from edgekit.export.source import Source, TextInput
from edgekit.export.task_export import task_export
from edgekit.io.hashing import file_sha256
from edgekit.models.checkpoint import block_shapes
from edgekit.schema.target import Target

_OUTSIDE_THE_HASH = (MANIFEST_FILE, CARD_FILE)


def build_bundle(
    source: Source, lowering: Lowering, target: Target, out: Path, *, golden: Sequence[TextInput] = ()
) -> Manifest:
    """Write a complete bundle into the existing, empty folder `out`.

    target: of the lowering; the manifest keeps its facts
    golden: texts that become golden cases; hard ones are added, and some made of the vocabulary
    The model file is written, run on the golden texts through the written tokenizer, and checked against the
    checkpoint or, where quantized, against the simulation of the plan.
    Raises `ParityError` where it does not reproduce that, `UsageError` for a model, a tokenizer or a length that
    cannot be written so, `ToolError` where a converter fails.
    """
    source.model.eval()
    task, format = task_export(source.task)(source, lowering.max_length), format_named(lowering.format)
    task.write_settings(out)
    file = format.write(source, lowering, out)
    reference = Reference(task, file, out, lambda: simulated(format.simulate(source, lowering, file.ranges)))
    found = reference.golden_cases(golden)
    parity = task.check(found.cases, found.allowed, file, out)
    _write_lines(task.golden_rows(found.cases, found.allowed, found.texts), out / GOLDEN)
    manifest = Manifest.hashed(
        name=source.name,
        task=source.task.name,
        format=lowering.format,
        model_file=file.file,
        scheme=source.scheme,
        target=target.name,
        target_facts=target,
        runtime=lowering.runtime,
        family=source.model.config.model_type,
        max_length=lowering.max_length,
        lengths=file.lengths,
        inputs=file.inputs,
        outputs=file.outputs,
        parameters=sum(parameter.numel() for parameter in source.model.parameters()),
        files=_files(out, {file.file, *NEEDED_FILES, *task.device_files}),
        parity=parity,
        plan=source.plan,
        blocks=block_shapes(source.model) if source.described else (),
        lineage=source.lineage,
        notes=(*source.notes, *file.notes),
        **task.manifest_facts(file),
    )
    (out / MANIFEST_FILE).write_text(manifest.dump(), encoding="utf-8")
    (out / CARD_FILE).write_text(model_card(manifest), encoding="utf-8")
    return manifest


def _write_lines(rows: Iterable[Mapping[str, object]], path: Path) -> None:
    """One JSON object a line, ASCII only: some characters that JSON leaves alone end a line for Python."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def _files(out: Path, on_device: Collection[str]) -> dict[str, File]:
    """Every file of a bundle with its hash; `on_device` names those that a device needs."""
    return {
        path.name: File(sha256=file_sha256(path), bytes=path.stat().st_size, runtime=path.name in on_device)
        for path in sorted(out.iterdir())
        if path.is_file() and path.name not in _OUTSIDE_THE_HASH
    }
