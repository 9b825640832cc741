"""A recipe: model, data, stages, target and budgets of one road from a start to a verdict."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import pydantic

from edgekit.errors import UsageError, quoted
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.package_options import PackageOptions
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.report_options import ReportOptions
from edgekit.options.stage_options import EvaluateOptions, QuantizeOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.base_model import NOT_VALID, NotPlain, Strict, read_mapping, yaml_value
from edgekit.schema.budget import Budget
from edgekit.schema.resources import shipped_files
from edgekit.schema.shape import Scratch
from edgekit.tasks.registry import DEFAULT_TASK, task_named
from edgekit.tasks.task import TaskName

_Options = TypeVar("_Options", ExportOptions, QuantizeOptions)


class Stages(Strict):
    """The stages of the road, in the order in which they run. A stage that is left out, or null, does not run."""

    finetune: FinetuneOptions | None = None
    distill: DistillOptions | None = None
    prune: PruneOptions | None = None
    quantize: QuantizeOptions | None = None
    export: ExportOptions = ExportOptions()
    evaluate: EvaluateOptions | None = EvaluateOptions()
    profile: ProfileOptions | None = None


class Recipe(Strict):
    """A whole run, as data. `model` is a folder, a hub id, or the shape of a model made from nothing.

    `package` makes packages for apps of the bundle at the end; left out, there are none. `report` says what the report
    may show.
    """

    name: str = pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str = ""
    task: TaskName = DEFAULT_TASK
    model: str | Scratch
    data: DataSpec
    target: str = "rpi4"
    stages: Stages
    budgets: tuple[Budget, ...] = ()
    package: PackageOptions | None = None
    report: ReportOptions = ReportOptions()

    @pydantic.field_validator("data", mode="before")
    @classmethod
    def _data_by_name(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return DataSpec.from_text(value)
            except UsageError as error:
                raise ValueError(f"{error.message}; {error.advice}" if error.advice else error.message) from None
        return value

    @pydantic.model_validator(mode="after")
    def _starts_somewhere(self) -> Self:
        if isinstance(self.model, Scratch) and self.stages.finetune is None:
            raise ValueError("a model made from nothing needs the stage finetune")
        return self

    @pydantic.model_validator(mode="after")
    def _says_one_task(self) -> Self:
        stage_task = self.stages.finetune.task if self.stages.finetune else None
        if stage_task not in (None, self.task):
            raise ValueError(f"task is {self.task}, and stages.finetune.task is {stage_task}: leave the latter out")
        return self

    @property
    def export(self) -> ExportOptions:
        """The export stage's options for the recipe's own target, unless the stage names another."""
        return _for_target(self.stages.export, self.target)

    @property
    def quantize(self) -> QuantizeOptions | None:
        """The quantize stage's options, likewise."""
        return self.stages.quantize and _for_target(self.stages.quantize, self.target)

    @property
    def evaluate(self) -> EvaluateOptions | None:
        """The evaluate stage's options; the checkpoints of a classifier are cut where its bundles are told to cut."""
        options, length = self.stages.evaluate, self.stages.export.max_length
        if options is None or not length or not task_named(self.task).labels:
            return options
        return options.cut_at(length)


def load_recipe(name_or_path: str, settings: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or one by its path, with `key.key=value` settings applied on top.

    Values are read as YAML: `stages.prune=null` leaves a stage out. A `name` that is set names the packages as well,
    in place of the one that the recipe has for them, unless `package.name` is set too. Raises `UsageError` for a name
    that there is not, and for a setting or a recipe that is none.
    """
    path = Path(name_or_path)
    if not path.is_file():
        shipped = shipped_files("recipes")
        if path.stem not in shipped or len(path.parts) > 2:
            from edgekit.errors import unknown_name

            raise unknown_name("recipe", name_or_path, shipped)
        path = shipped[path.stem]
    mapping = read_mapping(path)
    keys = [setting.partition("=")[0] for setting in settings]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise UsageError(f"--set {quoted(twice)} is given twice, and one of them would be lost")
    for setting in settings:
        mapping = _set(mapping, setting)
    if "name" in keys and not {"package", "package.name"} & set(keys):
        _leave_out_package_name(mapping)
    return Recipe.parse(mapping, str(path))


def _set(mapping: dict[str, Any], setting: str) -> dict[str, object]:
    """A copy of the mapping with one dotted key set; a number is a place in a list, a scalar becomes a mapping."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip("."):
        raise UsageError(f"--set {quoted(setting)} is not key=value", advice="as in --set stages.distill.epochs=3")
    try:
        value = yaml_value(text)
    except NotPlain as error:
        raise UsageError(f"--set {quoted(setting)}: {error}") from None
    except NOT_VALID:
        value = text
    changed = copy.deepcopy(mapping)
    node: Any = changed
    *parents, last = key.split(".")
    for parent in parents:
        place = _place(node, parent, setting)
        if isinstance(node, dict) and not isinstance(node.get(place), (dict, list)):
            node[place] = {}
        node = node[place]
    if not isinstance(node, (dict, list)):
        raise UsageError(f"--set {quoted(setting)}: there is nothing to set in {parents[-1]!r}")
    node[_place(node, last, setting)] = value
    return changed


def _leave_out_package_name(mapping: dict[str, Any]) -> None:
    package = mapping.get("package")
    if isinstance(package, dict):
        mapping["package"] = {key: value for key, value in package.items() if key != "name"}


def _place(node: object, key: str, setting: str) -> Any:
    """The key as its container takes it: a name, or a place in a list."""
    if not isinstance(node, list):
        return key
    if not key.isdecimal() or int(key) >= len(node):
        raise UsageError(
            f"--set {quoted(setting)}: the list has no place {key!r}", advice=f"places: 0 to {len(node) - 1}"
        )
    return int(key)


def _for_target(options: _Options, target: str) -> _Options:
    return options if "target" in options.model_fields_set else options.model_copy(update={"target": target})
