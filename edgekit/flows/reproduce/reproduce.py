"""Reproduce: run the lineage of a bundle or a checkpoint again from its start, and compare what comes of it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import CheckpointExtras, Manifest, Step
from edgekit.data.splits import Data, load_data
from edgekit.data.texts import as_given
from edgekit.errors import UsageError
from edgekit.flows.export import export
from edgekit.flows.lineage import tool_versions
from edgekit.flows.quantize import quantize
from edgekit.flows.reproduce.lineage_replay import (
    LineageSource,
    ReplayedStage,
    check_data_is_read,
    check_named_files,
    find_data,
    find_model,
    read_lineage_source,
    read_stages,
)
from edgekit.flows.reproduce.reproduce_compare import (
    WITHIN,
    AccuracyComparison,
    StageReproduction,
    bundle_hashes,
    compare_last,
    compare_validation,
    exit_code,
    other_tools,
)
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.io.atomic import check_output_file, write_text
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import SILENT, Progress
from edgekit.options.data_options import EMBEDDED, DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.resources import is_shipped, load_target
from edgekit.schema.shape import Scratch
from edgekit.schema.target import Target

# in the folder of what is made: the hash of the lineage that it was made from
_MARK = ".reproduced"


@dataclass(frozen=True)
class Replay:
    """A lineage that is ready to be run again: every input is at hand and is what was recorded.

    start:  what it begins with
    models: checkpoints from outside the lineage by the content hash that was recorded
    rows:   the rows that stages read, by how they are named
    data:   those of them on which accuracy is compared
    """

    source: LineageSource
    stages: list[ReplayedStage]
    start: ModelRef | Scratch
    models: dict[str, ModelRef] = field(default_factory=dict)
    rows: dict[DataSpec, Data] = field(default_factory=dict)
    data: DataSpec | None = None

    @property
    def other_tools(self) -> list[dict[str, tuple[str | None, str | None]]]:
        """For each stage the tools whose version is another here."""
        here = Step(stage="", options={}, tools=tool_versions())
        return [other_tools(stage.step.model_copy(update={"machine": {}}), here) for stage in self.stages]


@dataclass(frozen=True)
class Reproduction:
    """How every stage came out, in order; `path` is what was made last, if it was kept."""

    outcomes: list[StageReproduction]
    path: Path | None

    @property
    def exit_code(self) -> int:
        """0 identical or equivalent, 1 different, 3 cannot be told (`reproduce_compare.exit_code`)."""
        return exit_code(self.outcomes)


def prepare(
    what: Path,
    *,
    data: DataSpec | None = None,
    model: ModelRef | None = None,
    teacher: ModelRef | None = None,
    progress: Progress = SILENT,
) -> Replay:
    """Read the lineage of `what`, a manifest, an `edgekit.json` or a folder with one, and find all its inputs.

    data, model, teacher: in place of inputs that a manifest only names: rows, what it began with, who taught a prune
    Raises `UsageError` for a lineage that cannot be run again, and for an input that is missing or another one.
    """
    source = read_lineage_source(what)
    stages = read_stages(source)
    first = source.lineage[0]
    models: dict[str, ModelRef] = {}
    if isinstance(first.model, Scratch) and model is not None:
        raise UsageError("the lineage begins with a new model, made from nothing", advice="leave --model out")
    if first.model is not None and not isinstance(first.model, Scratch):
        sha256 = first.inputs["checkpoint"]
        models[sha256] = find_model(first.model, sha256, model, "--model")
    for step in source.lineage:
        if step.teacher is not None:
            sha256 = step.inputs["teacher"]
            models[sha256] = find_model(step.teacher, sha256, teacher, "--teacher")
    rows: dict[DataSpec, Data] = {}
    check_data_is_read(source, data)
    for stage in stages:
        check_named_files(stage)
    stages = [replace(stage, data=find_data(stage, data, rows, progress)) for stage in stages]
    # a language model has no accuracy to compare
    given = None if any(stage.learns_text for stage in stages) else data
    labelled = [stage.data for stage in stages if stage.data is not None and not stage.learns_text]
    compared = labelled[-1] if labelled else given
    if compared is not None and compared not in rows:
        rows[compared] = load_data(compared, progress=progress)
    start = first.model if isinstance(first.model, Scratch) else models[first.inputs["checkpoint"]]
    return Replay(source, stages, start, models, rows, compared)


def reproduce(
    what: str | Path | Replay,
    *,
    data: DataSpec | None = None,
    model: ModelRef | None = None,
    teacher: ModelRef | None = None,
    out: str | Path | None = None,
    within: float = WITHIN,
    progress: Progress = SILENT,
) -> Reproduction:
    """Run every stage of a lineage again with the options that it recorded, and compare each with the record.

    what:   a manifest, an `edgekit.json`, a folder with one, or what `prepare` made of it
    data, model, teacher: as `prepare` takes them
    within: points of accuracy by which what is not identical may differ and still be equivalent
    What is made lies in `out`, one folder a stage, in place of what an earlier call for the same lineage made there;
    without it in a temporary folder that is removed at the end.
    Raises `UsageError` for an `out` that holds anything else, and what the stages raise.
    """
    replay = _prepared(what, data, model, teacher, progress)
    with _workplace(replay, None if out is None else Path(out)) as folder:
        bench = _Bench(replay, folder, progress, replay.start, dict(replay.models), within)
        outcomes = []
        for number, stage in enumerate(replay.stages, start=1):
            name = stage.step.stage
            progress.say(f"stage {number} of {len(replay.stages)}: {name}")
            with _threads(stage.step):
                path = _RUNNERS[name](bench, stage, folder / f"{number}-{name}")
            bench.newest = bench.models[value_sha256(stage.step.output)] = ModelRef(str(path))
            outcomes.append(_outcome(bench, stage, path, last=number == len(replay.stages)))
            progress.say(f"{name}: {outcomes[-1].verdict}")
        return Reproduction(outcomes, path if out is not None else None)


def _prepared(
    what: str | Path | Replay,
    data: DataSpec | None,
    model: ModelRef | None,
    teacher: ModelRef | None,
    progress: Progress,
) -> Replay:
    if not isinstance(what, Replay):
        return prepare(Path(what), data=data, model=model, teacher=teacher, progress=progress)
    if data is not None or model is not None or teacher is not None:
        raise UsageError("this lineage is prepared: its data and models are chosen", advice="give them to prepare")
    return what


@dataclass
class _Bench:
    """Where a lineage is run: what was made so far, and checkpoints by the content hash that was recorded for them."""

    replay: Replay
    folder: Path
    progress: Progress
    newest: ModelRef | Scratch
    models: dict[str, ModelRef]
    within: float

    @property
    def checkpoint(self) -> ModelRef:
        """The checkpoint that the next stage begins with."""
        if isinstance(self.newest, Scratch):
            raise UsageError("a model made from nothing has to be fine-tuned first")
        return self.newest


@contextmanager
def _workplace(replay: Replay, out: Path | None) -> Iterator[Path]:
    if out is not None:
        _claim(
            out,
            replay.source.folder or replay.source.path,
            value_sha256([step.model_dump(mode="json") for step in replay.source.lineage]),
        )
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="edgekit-reproduce-") as folder:
        yield Path(folder)


def _claim(out: Path, source: Path, lineage_sha256: str) -> None:
    """Leave in `out` which lineage it is for; a folder with anything else in it is somebody's."""
    check_output_file(out, sources=[source])
    mark = out / _MARK
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file", advice="give a new folder: -o")
    known = mark.read_text(encoding="utf-8").strip() if mark.is_file() else None
    if known != lineage_sha256 and out.is_dir() and any(out.iterdir()):
        whose = "was made from another lineage" if known else "holds files that were not made by reproducing"
        raise UsageError(f"{out} {whose}", advice="give a new or an empty folder: -o")
    write_text(mark, lineage_sha256 + "\n")


@contextmanager
def _threads(step: Step) -> Iterator[None]:
    """As many threads as computed it then, where there are as many cores: their number decides the order of sums."""
    import torch

    recorded, here = step.machine.get("threads", ""), torch.get_num_threads()
    if recorded.isdecimal() and 0 < int(recorded) <= (os.cpu_count() or 1):
        torch.set_num_threads(int(recorded))
    try:
        yield
    finally:
        torch.set_num_threads(here)


def _finetune(bench: _Bench, stage: ReplayedStage, out: Path) -> Path:
    options = stage.options_as(FinetuneOptions)
    return finetune(bench.newest, _data(stage), out, options, force=True, progress=bench.progress)


def _distill(bench: _Bench, stage: ReplayedStage, out: Path) -> Path:
    options = stage.options_as(DistillOptions)
    return distill(bench.checkpoint, _data(stage), out, options, force=True, progress=bench.progress)


def _prune(bench: _Bench, stage: ReplayedStage, out: Path) -> Path:
    sha256 = stage.step.inputs.get("teacher")
    teacher = bench.models[sha256] if sha256 is not None else None
    options = stage.options_as(PruneOptions)
    return prune(bench.checkpoint, stage.data, out, options, teacher=teacher, force=True, progress=bench.progress)


def _quantize(bench: _Bench, stage: ReplayedStage, out: Path) -> Path:
    options = stage.options_as(QuantizeOptions).model_copy(update=_at_hand(bench, stage.step))
    return quantize(bench.checkpoint, out, options, force=True, progress=bench.progress)


def _export(bench: _Bench, stage: ReplayedStage, out: Path) -> Path:
    manifest = bench.replay.source.manifest
    assert manifest is not None  # noqa: S101 - a lineage ends with an export only if it is a bundle's
    changes = _at_hand(bench, stage.step) | {"format": manifest.format}
    options = stage.options_as(ExportOptions).model_copy(update=changes)
    golden = _golden(bench.replay, stage.step)
    return export(
        bench.checkpoint, out, options, name=manifest.name, golden=golden, force=True, progress=bench.progress
    )[0]


_RUNNERS: dict[str, Callable[[_Bench, ReplayedStage, Path], Path]] = {
    "finetune": _finetune,
    "distill": _distill,
    "prune": _prune,
    "quantize": _quantize,
    "export": _export,
}


def _data(stage: ReplayedStage) -> DataSpec:
    assert stage.data is not None  # noqa: S101 - every stage that trains has recorded its data
    return stage.data


def _at_hand(bench: _Bench, step: Step) -> dict[str, Any]:
    """Files in place of what options name: the target's recorded facts, the calibration texts that the plan keeps."""
    files = bench.folder / "inputs"
    changes: dict[str, Any] = {}
    if step.target is not None:
        target = files / f"{step.stage}-target.json"
        write_text(target, _recorded_target(step.target).model_dump_json())
        changes["target"] = str(target)
    if step.options.get("calibrate") not in (None, EMBEDDED):
        plan = bench.replay.source.plan
        # only a plan that was calibrated needs the texts, and keeps them
        texts = plan.calibration if plan is not None else ()
        changes["calibrate"] = _write_texts(files / "calibration.jsonl", texts) if texts else None
    return changes


def _recorded_target(target: Target) -> Target:
    """The facts of a target as they were recorded; under a name of their own where the shipped one has others now."""
    if is_shipped(target.name) and load_target(target.name) != target:
        return target.model_copy(update={"name": f"{target.name}-recorded"})
    return target


def _write_texts(path: Path, texts: Sequence[str | tuple[str, str]]) -> Path:
    rows = ({"text": it} if isinstance(it, str) else {"text": it[0], "text_pair": it[1]} for it in texts)
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
    return path


def _golden(replay: Replay, step: Step) -> list[str | tuple[str, str]]:
    """The texts that became golden cases: the first validation rows, if they are the ones.

    Without them nothing but the golden cases differs.
    """
    for rows in reversed(replay.rows.values()):
        texts = as_given(rows.validation.pairs_of_text()[: step.golden_texts])
        if value_sha256(texts) == step.inputs.get("golden"):
            return texts
    return []


def _outcome(bench: _Bench, stage: ReplayedStage, path: Path, *, last: bool) -> StageReproduction:
    source, name = bench.replay.source, stage.step.stage
    if name == "export":
        assert source.manifest is not None  # noqa: S101 - as above
        manifest = Manifest.of(path)
        here, recorded, reproduced = manifest.lineage[-1], bundle_hashes(source.manifest), bundle_hashes(manifest)
    else:
        here = CheckpointExtras.read(path / "edgekit.json").lineage[-1]
        recorded, reproduced = stage.step.output, here.output
    outcome = StageReproduction(name, recorded, reproduced, None, other_tools(stage.step, here), bench.within)
    if not outcome.differing:
        return outcome
    comparison = _last_comparison(bench, path) if last else None
    return replace(outcome, comparison=comparison or compare_validation(stage.step, here))


def _last_comparison(bench: _Bench, path: Path) -> AccuracyComparison | None:
    replay = bench.replay
    if replay.data is None:
        return None
    rows = replay.rows[replay.data]
    return compare_last(replay.source, path, replay.data, rows, bench.progress)
