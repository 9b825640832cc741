"""A model, its tokenizer and its plan -> the folder that goes on a device, proven against its reference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import MANIFEST_FILE, NEEDED_FILES, File, Manifest, Parity, Step
from edgekit.errors import UsageError
from edgekit.export.activation_ranges import Range
from edgekit.export.golden import HARD_TEXTS, Case, Text, reference_cases, write_golden
from edgekit.export.model_card import model_card
from edgekit.export.model_file import Written
from edgekit.export.onnx.verify import verify_integers
from edgekit.export.parity import (
    FLOAT,
    Reference,
    Tolerance,
    check,
    is_tie,
    rounded_tolerance,
    rounds,
)
from edgekit.export.quantized_weights import Weights
from edgekit.export.simulate import simulated
from edgekit.export.tokenizer_files import TOKENIZER_FILE, write_tokenizer
from edgekit.io.hashing import file_sha256
from edgekit.models.checkpoint import block_shapes
from edgekit.models.registry import is_decoder
from edgekit.schema.families import FAMILIES
from edgekit.schema.plan import Plan
from edgekit.schema.schemes import Format
from edgekit.schema.target import Target

GOLDEN_FILE = "golden.jsonl"
CARD_FILE = "README.md"
_OUTSIDE_THE_HASH = (MANIFEST_FILE, CARD_FILE)


@dataclass(frozen=True)
class Source:
    """What is exported: a model whose weights are on the grid of `plan`, with their scales, and its tokenizer."""

    model: Any
    tokenizer: Any
    name: str
    plan: Plan | None = None
    scales: Mapping[str, Any] | None = None
    lineage: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each logit."""
        names = self.model.config.id2label
        return tuple(str(names[index]) for index in sorted(names, key=int))


def build_bundle(
    source: Source,
    target: Target,
    format: Format,
    out: Path,
    *,
    max_length: int,
    golden_texts: Sequence[Text] = (),
) -> Manifest:
    """Write a complete bundle into the existing, empty folder `out`.

    The model file is written, run on the golden texts through the written tokenizer, and checked against the
    checkpoint or, where quantized, against the simulation of the plan.
    Raises `ParityError` where it does not reproduce that, `UsageError` where the target cannot run it.
    """
    model, plan = source.model.eval(), source.plan
    runtime = target.runtime_for(format, plan.scheme if plan else "float")
    write_tokenizer(source.tokenizer, out, max_length)
    model.config.save_pretrained(out)
    written = _write_model(source, target, format, out, max_length)
    with simulated(model, plan, format, written.ranges):
        cases = _cases(source, written, max_length, golden_texts)
    allowed = rounded_tolerance(cases, _cases(source, written, max_length, golden_texts)) if rounds(plan) else FLOAT
    parity = _prove(source, written, out, max_length, cases, allowed)
    decisive = _decisive(cases, allowed)
    write_golden(decisive, out / GOLDEN_FILE)
    known = model.config.model_type in FAMILIES
    return write_manifest(
        source,
        target,
        written,
        parity,
        out,
        task="text-classification",
        format=format,
        runtime=runtime.name,
        labels=source.labels,
        max_length=max_length,
        lengths=written.lengths,
        pad_id=_pad_id(source.tokenizer),
        blocks=block_shapes(model) if known else (),
    )


def _write_model(source: Source, target: Target, format: Format, out: Path, max_length: int) -> Written:
    decoder = is_decoder(source.model)
    if source.model.config.model_type not in FAMILIES:
        return _write_unknown(source, format, out)
    weights = Weights(source.model, source.plan, source.scales or {})
    if format == "tflite":
        from edgekit.export.tflite.convert import write_tflite_file

        return write_tflite_file(source.model, weights, out, lengths=sequence_lengths(target, max_length))
    if decoder:
        from edgekit.export.onnx.decoder_classifier_graph import write_onnx_decoder_classifier

        written = write_onnx_decoder_classifier(source.model, weights, out, max_length=max_length)
    else:
        written = _write_encoder(source, weights, target, out, max_length)
    verify_integers(out / written.file, weights, max_length)
    return written


def _write_encoder(source: Source, weights: Weights, target: Target, out: Path, max_length: int) -> Written:
    from edgekit.export.onnx.file import write_onnx_file

    ranges: Mapping[str, Range] = {}
    if source.plan is not None and source.plan.activations == "int8-static":
        from edgekit.export.calibrate import calibrate_onnx

        if not source.plan.calibration:
            raise UsageError("int8-static needs texts to calibrate with", advice="--calibrate FILE")
        ranges = calibrate_onnx(source.model, source.tokenizer, source.plan.calibration, max_length)
    signed = target.multiplies_signed
    return write_onnx_file(source.model, weights, out, max_length=max_length, ranges=ranges, signed=signed)


def _write_unknown(source: Source, format: Format, out: Path) -> Written:
    from edgekit.export.onnx.optimum_export import write_onnx_fallback

    if format != "onnx" or (source.plan is not None and source.plan.tensors):
        raise UsageError(
            f"models of the family {source.model.config.model_type!r} are exported to ONNX in float only",
            advice=f"families that edgekit takes apart: {', '.join(FAMILIES)}",
        )
    return write_onnx_fallback(source.model, out)


def sequence_lengths(target: Target, max_length: int) -> tuple[int, ...]:
    """The static lengths of a TFLite file: the target's below `max_length`, and that."""
    return (*(length for length in target.lengths if length < max_length), max_length)


def _cases(source: Source, written: Written, max_length: int, texts: Sequence[Text]) -> list[Case]:
    """The golden cases as the model answers them now: rounding its activations or not."""
    names = [spec.name for spec in written.inputs]
    return reference_cases(source.model, source.tokenizer, [*texts, *HARD_TEXTS], source.labels, max_length, names)


def _prove(
    source: Source, written: Written, out: Path, max_length: int, cases: Sequence[Case], allowed: Tolerance
) -> Parity:
    from edgekit.agent.inference.bundle import Bundle
    from edgekit.agent.inference.classifier import Classifier
    from edgekit.agent.inference.tokenizer import Tokenizer
    from edgekit.agent.runtimes.registry import open_session

    draft = {
        "labels": list(source.labels),
        "max_length": max_length,
        "pad_id": _pad_id(source.tokenizer),
        "inputs": [{"name": spec.name} for spec in written.inputs],
    }
    session = open_session(out / written.file)
    classifier = Classifier(Bundle(out, draft), session, Tokenizer(out / TOKENIZER_FILE, max_length))
    quantized = source.plan is not None and bool(source.plan.tensors)
    reference: Reference = "simulation" if quantized else "checkpoint"
    return check(classifier, cases, allowed, reference)


def _decisive(cases: Sequence[Case], allowed: Tolerance) -> list[Case]:
    """The cases whose label follows from logits within the tolerance; a tie would fail on a sound device."""
    return [case for case in cases if not is_tie(case, allowed)] or list(cases)


def write_manifest(
    source: Source,
    target: Target,
    written: Written,
    parity: Parity,
    out: Path,
    *,
    needed: Collection[str] = (),
    **facts: Any,
) -> Manifest:
    """Write the manifest and the card of all that lies in `out`, once everything else does.

    needed: files that a device needs beside the model, its tokenizer and its configuration
    facts:  what the manifest says of this kind of bundle alone, by the names of its fields
    """
    files = _files(out, {written.file, *NEEDED_FILES, *needed})
    manifest = Manifest.hashed(
        name=source.name,
        model_file=written.file,
        scheme=source.plan.scheme if source.plan else "float",
        target=target.name,
        target_facts=target,
        family=source.model.config.model_type,
        inputs=written.inputs,
        outputs=written.outputs,
        parameters=sum(parameter.numel() for parameter in source.model.parameters()),
        files=files,
        parity=parity,
        plan=source.plan,
        lineage=source.lineage,
        notes=(*source.notes, *written.notes),
        **facts,
    )
    (out / MANIFEST_FILE).write_text(manifest.dump(), encoding="utf-8")
    (out / CARD_FILE).write_text(model_card(manifest), encoding="utf-8")
    return manifest


def _files(out: Path, runtime: set[str]) -> dict[str, File]:
    """Every file of a bundle with its hash; `runtime` names those that a device needs."""
    return {
        path.name: File(sha256=file_sha256(path), bytes=path.stat().st_size, runtime=path.name in runtime)
        for path in sorted(out.iterdir())
        if path.is_file() and path.name not in _OUTSIDE_THE_HASH
    }


def _pad_id(tokenizer: Any) -> int:
    return int(tokenizer.pad_token_id or 0)
