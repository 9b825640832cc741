"""Quantize: from a checkpoint to one whose weights lie on the grid of a plan that travels with it."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import UsageError
from edgekit.flows.lineage import next_step
from edgekit.io.atomic import check_output, new_folder
from edgekit.io.progress import SILENT, Progress
from edgekit.options.input_files import input_files
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import QuantizeOptions
from edgekit.parts import require_torch
from edgekit.schema.resources import load_target


def quantize(
    model: str | Path | ModelRef,
    out: str | Path,
    options: QuantizeOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Decide which tensor of the checkpoint `model` gets which integers, and write it to `out` with that plan.

    `export` packs those integers as they are. Raises `UsageError` for a checkpoint that has a plan already, for a
    scheme that no runtime of the target executes correctly, or for an existing `out`.
    """
    require_torch()
    out = Path(out)
    from edgekit.compress.quantization.quantize import CALIBRATED, apply_plan, make_plan
    from edgekit.data.texts import as_given, read_texts
    from edgekit.models.checkpoint import load_model, load_tokenizer, open_checkpoint, save_checkpoint
    from edgekit.models.model_task import resolve_task
    from edgekit.models.registry import family

    options = options or QuantizeOptions()
    start = open_checkpoint(model)
    check_output(out, force=force, sources=[start.path, *input_files(options)])
    family(start.family)
    if start.extras.plan is not None:
        raise UsageError(f"{start.path} is quantized already ({start.extras.plan.scheme})")
    task = resolve_task(start)
    target = load_target(options.target)
    scheme = target.scheme[task.name] if options.scheme == "auto" else options.scheme
    if not any(scheme in runtime.schemes for runtime in target.runtimes):
        target.runtime_for(target.formats[0], scheme)
    if options.calibrate and scheme not in CALIBRATED:
        raise UsageError(f"--calibrate is for {' and '.join(sorted(CALIBRATED))}; the scheme is {scheme}")
    texts = as_given(read_texts(options.calibrate)) if options.calibrate else []
    with progress.task(f"quantize: {scheme}"):
        loaded = load_model(start, task)
        plan = make_plan(loaded, scheme, texts)
        tokenizer = load_tokenizer(start)
        scales = apply_plan(loaded, plan, tokenizer, progress)
        with new_folder(out, force=force) as folder:
            lineage = next_step("quantize", options, start, target=target)
            save_checkpoint(loaded, tokenizer, folder, plan=plan, scales=scales, lineage=lineage)
    progress.say(f"quantize: {len(plan.tensors)} tensors, {scheme}, {out}")
    return out
