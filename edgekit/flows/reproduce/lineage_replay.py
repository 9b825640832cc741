"""Reading a lineage back: what it must say to be run again, and its inputs, checked against the hashes it recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edgekit.agent.inference.bundle import open_bundle
from edgekit.bundle.manifest import MANIFEST_FILE, CheckpointExtras, Manifest, Origin, Step
from edgekit.data.splits import Data, load_data
from edgekit.data.token_blocks import load_text
from edgekit.errors import NotFoundError, UsageError, agent_errors, unknown_name
from edgekit.flows.lineage import checkpoint_sha256, is_in, options_and_inputs
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import Progress
from edgekit.models.checkpoint import open_checkpoint
from edgekit.models.identity import EXTRAS_FILE, content_hashes
from edgekit.options.data_options import EMBEDDED, DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.base_model import Strict, read_mapping
from edgekit.schema.plan import Plan
from edgekit.schema.shape import Scratch

OPTIONS: dict[str, type[Strict]] = {
    "finetune": FinetuneOptions,
    "distill": DistillOptions,
    "prune": PruneOptions,
    "quantize": QuantizeOptions,
    "export": ExportOptions,
}
_TRAINING = ("finetune", "distill", "prune")
_FILES = ("train", "validation", "test")
# files of texts that a vocabulary was chosen by, which need no rows beside them
_COUNTED = ("texts", "vocabulary_from")
# what else options name by its own name alone, with the input that holds its hash
_NAMED = {"unlabeled": "unlabeled", "tokenizer": "tokenizer", "student_from": "student"}
_KINDS = {"tokenizer": "tokenizer", "student_from": "checkpoint"}
_Options = TypeVar("_Options", bound=Strict)
# characters of a sha256 that tell two apart for a person
SHOWN = 16


@dataclass(frozen=True)
class LineageSource:
    """What is to be made again: a bundle, known by its manifest, or a checkpoint, by its `edgekit.json`.

    folder: where the bundle or the checkpoint itself lies, if it lies beside that file
    """

    path: Path
    lineage: tuple[Step, ...]
    plan: Plan | None
    manifest: Manifest | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class ReplayedStage:
    """A step of a lineage that can be run: its options as this edgekit takes them, and its rows."""

    step: Step
    options: Strict
    data: DataSpec | None = None

    @property
    def learns_text(self) -> bool:
        """Whether it trained a language model, on text and not on rows."""
        return "text.train" in self.step.inputs

    def options_as(self, kind: type[_Options]) -> _Options:
        """The options by their own type."""
        assert isinstance(self.options, kind)  # noqa: S101 - for the type checker
        return self.options


def read_lineage_source(path: Path) -> LineageSource:
    """What `path` describes: a manifest, an `edgekit.json`, or a folder with one of them; `UsageError` for others."""
    if path.is_dir():
        files = [path / name for name in (MANIFEST_FILE, EXTRAS_FILE) if (path / name).is_file()]
        if not files:
            raise UsageError(
                f"{path} has neither a {MANIFEST_FILE} nor an {EXTRAS_FILE}: no lineage is known of it",
                advice="give a bundle or a checkpoint that edgekit made",
            )
        return read_lineage_source(files[0])
    mapping = read_mapping(path)
    if "model_file" in mapping:
        manifest = Manifest.parse(mapping, str(path))
        return LineageSource(path, manifest.lineage, manifest.plan, manifest, _bundle_beside(path, manifest))
    extras = CheckpointExtras.parse(mapping, str(path))
    return LineageSource(path, extras.lineage, extras.plan, None, _checkpoint_beside(path, extras))


def _bundle_beside(path: Path, manifest: Manifest) -> Path | None:
    """The folder of the manifest if the bundle is there too; `UsageError` if it is not the one described."""
    if path.name != MANIFEST_FILE or not (path.parent / manifest.model_file).is_file():
        return None
    with agent_errors():
        open_bundle(path.parent)
    return path.parent


def _checkpoint_beside(path: Path, extras: CheckpointExtras) -> Path | None:
    """The folder of the `edgekit.json` if the checkpoint is there too; `UsageError` if it is another."""
    if path.name != EXTRAS_FILE or not extras.lineage or not any(path.parent.glob("*.safetensors")):
        return None
    recorded, here = extras.lineage[-1].output, content_hashes(path.parent, extras)
    changed = sorted(name for name in recorded.keys() | here.keys() if recorded.get(name) != here.get(name))
    if changed and recorded:
        raise UsageError(f"{path.parent}: {', '.join(changed)} changed since {path.name} was written")
    return path.parent


def read_stages(source: LineageSource) -> list[ReplayedStage]:
    """The stages of a lineage, in order. Raises `UsageError` for one that is unknown, incomplete or inconsistent."""
    if not source.lineage:
        if source.manifest is not None and source.manifest.lineage_sha256 is not None:
            raise UsageError(
                f"{source.path} is of a package, which has no lineage but its hash",
                advice="reproduce the bundle that it was made of",
            )
        raise UsageError(f"{source.path} has no lineage: what it describes was not made by edgekit")
    stages = []
    for number, step in enumerate(source.lineage, start=1):
        where = f"{source.path}: step {number} of the lineage ({step.stage})"
        if step.stage not in OPTIONS:
            raise UsageError(f"{where}: {unknown_name('stage', step.stage, OPTIONS).message}", advice=_OTHER_EDGEKIT)
        options = OPTIONS[step.stage].parse(step.options, where)
        _check_complete(source, number, where)
        stages.append(ReplayedStage(step, options))
    return stages


_OTHER_EDGEKIT = "another version of edgekit wrote it, or it was changed by hand"


def _check_complete(source: LineageSource, number: int, where: str) -> None:
    step, last = source.lineage[number - 1], number == len(source.lineage)
    before = source.lineage[number - 2] if number > 1 else None
    needed = {
        "what the lineage begins with": number > 1 or step.model is not None,
        "its data": step.stage not in _TRAINING
        or (step.data is not None and step.inputs.keys() & {"data.train", "text.train"})
        or (step.data is None and any(name in step.inputs for name in _COUNTED)),
        "the facts of its target": "target" not in OPTIONS[step.stage].model_fields or step.target is not None,
        "what came of it": bool(step.output) or (last and source.manifest is not None),
        "where its teacher came from": "teacher" not in step.inputs
        or step.teacher is not None
        or is_in(source.lineage[: number - 1], step.inputs["teacher"]),
        "the model it began with": isinstance(step.model, Scratch) or "checkpoint" in step.inputs,
    }
    missing = next((what for what, is_recorded in needed.items() if not is_recorded), None)
    if missing:
        raise UsageError(f"{where} does not say {missing}, so it cannot be run again", advice=_OTHER_EDGEKIT)
    if before is not None and step.inputs.get("checkpoint") != value_sha256(before.output):
        raise UsageError(f"{where} did not begin with what step {number - 1} made", advice=_OTHER_EDGEKIT)
    if (step.stage == "export") != (last and source.manifest is not None):
        raise UsageError(f"{where}: a bundle's lineage ends with an export, and no other does", advice=_OTHER_EDGEKIT)


def check_named_files(stage: ReplayedStage) -> None:
    """Raise `UsageError` unless the files and folders that options name lie here and are those recorded."""
    inputs = {name: name for name in _COUNTED} | _NAMED
    for name, kept_as in inputs.items():
        if kept_as not in stage.step.inputs or getattr(stage.options, name, None) is None:
            continue
        if options_and_inputs(stage.options)[1][kept_as] != stage.step.inputs[kept_as]:
            path, what = getattr(stage.options, name), _KINDS.get(name, "file of texts")
            raise UsageError(f"{path} is not the {what} that was recorded", advice="run this where that one is")


def check_data_is_read(source: LineageSource, given: DataSpec | None) -> None:
    """Raise `UsageError` for data that no stage would read, as the lineage names rows that are always at hand."""
    named = [step.data.get("name") for step in source.lineage if step.data is not None]
    if given is not None and not given.embedded and named and set(named) == {EMBEDDED}:
        raise UsageError(
            f"the lineage reads the embedded data {EMBEDDED}, which needs no files", advice="leave --data out"
        )


def find_data(
    stage: ReplayedStage, given: DataSpec | None, loaded: dict[DataSpec, Data], progress: Progress
) -> DataSpec | None:
    """Where the rows of a stage are found, once their hashes are those recorded; `loaded` keeps what was read.

    The embedded set is always at hand. Of data `given` only the files count; how rows are read was recorded.
    """
    recorded = stage.step.data
    if recorded is None:
        return None
    spec = _spec(recorded, given, stage.step.stage)
    if stage.learns_text:
        _check_rows(stage.step, load_text(spec).sha256, "text")
        return spec
    if spec not in loaded:
        loaded[spec] = load_data(spec, progress=progress)
    _check_rows(stage.step, loaded[spec].sha256)
    return spec


def _spec(recorded: Mapping[str, object], given: DataSpec | None, stage: str) -> DataSpec:
    if given is None or recorded.get("name") == EMBEDDED:
        files = [str(recorded[name]) for name in (*_FILES, "folder") if name in recorded]
        if files:
            raise UsageError(
                f"{stage} read {', '.join(files)}, and a manifest holds no rows",
                advice="give them: --data FOLDER, or --train FILE, --validation FILE and --test FILE",
            )
        return DataSpec.parse(recorded, f"data of {stage}")
    elsewhere = ("name", "hub", "folder", *_FILES, *(("columns", "format", "encoding") if given.hub else ()))
    reading = {name: value for name, value in recorded.items() if name not in elsewhere}
    return DataSpec.parse(reading | given.model_dump(exclude_defaults=True), f"data of {stage}")


def _check_rows(step: Step, here: Mapping[str, str], kind: str = "data") -> None:
    for split in _FILES:
        recorded = step.inputs.get(f"{kind}.{split}")
        # no stage reads test rows: without them there is only nothing to compare accuracy on
        if recorded is None or recorded == here.get(split) or (split == "test" and split not in here):
            continue
        found = here[split][:SHOWN] if split in here else "none"
        raise UsageError(
            f"{step.stage}: the {split} rows are not those recorded: sha256 {recorded[:SHOWN]} recorded, {found} here",
            advice="give the very rows that it was made from: --data",
        )


def find_model(origin: Origin, sha256: str, given: ModelRef | None, option: str) -> ModelRef:
    """The model that `origin` names, once its content is that recorded; `option` is how a person gives it.

    Raises `NotFoundError` for one that is not there, `UsageError` for another than was recorded.
    """
    if given is None and origin.source == "folder":
        raise UsageError(
            f"the lineage needs the model {origin.name!r}, a folder that a manifest does not hold",
            advice=f"give it: {option} PATH (content sha256 {sha256[:SHOWN]})",
        )
    named = given or ModelRef(origin.name, origin.revision, origin.task)
    try:
        checkpoint = open_checkpoint(named)
    except NotFoundError as error:
        raise NotFoundError(error.message, advice=f"give its folder: {option} PATH") from None
    here = checkpoint_sha256(checkpoint)
    if here != sha256:
        raise UsageError(
            f"{named} is not the model that was recorded ({origin.name}): content sha256 {sha256[:SHOWN]} recorded, "
            f"{here[:SHOWN]} here",
            advice=f"give the very one: {option} PATH",
        )
    return ModelRef(str(named), named.revision, origin.task)
