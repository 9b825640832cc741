"""The options that commands share, and options made from a typed options object: one source for both."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click

from edgekit.cli.click_base import OTHERS, Option
from edgekit.cli.log import hint
from edgekit.errors import UsageError
from edgekit.options.data_options import DataSpec, Documents, FileFormat
from edgekit.options.model_ref import ModelRef
from edgekit.schema.base_model import Strict
from edgekit.schema.shape import Scratch, WantedShape
from edgekit.tasks.registry import TASKS

Command = Callable[..., Any]

force = click.option("--force", is_flag=True, help="Replace the output if it exists.")


def out_option(default: str) -> Callable[[Command], Command]:
    """`-o`: the folder to write."""
    return click.option("-o", "--out", type=click.Path(path_type=Path), help=f"Folder to write. Default: {default}.")


def options_of(
    model: type[Strict], own: Mapping[str, Callable[[Command], Command]] | None = None
) -> Callable[[Command], Command]:
    """An option for each field of `model`; the command receives the validated object as `options`.

    own: options of another kind than the field's type makes them, by the name of their field
    Names, help texts and defaults are the model's own, so that recipe, command and Python call cannot differ.
    """
    fields = model.model_fields

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(**given: object) -> object:
            values = {name: given.pop(name) for name in fields}
            chosen = {name: value for name, value in values.items() if value is not None}
            return command(options=model.from_flags(chosen), **given)

        optioned: Command = wrapped
        for name, field in reversed(fields.items()):
            make = own[name] if own and name in own else _option(name, field, _section(model, name))
            optioned = make(optioned)
        return optioned

    return decorate


def described(model: type[Strict], field: str) -> str:
    """What a field of `model` is for, as its help text."""
    return model.model_fields[field].description or ""


def _section(model: type[Strict], name: str) -> str:
    """The section that the class which brings a field names for its options."""
    owner = next(each for each in model.__mro__ if name in inspect.get_annotations(each))
    return str(getattr(owner, "help_section", OTHERS))


def _option(name: str, field: Any, section: str) -> Callable[[Command], Command]:
    option = functools.partial(click.option, cls=Option, section=section)
    flag = f"--{name.replace('_', '-')}"
    kind = _plain(field.annotation)
    text = field.description or ""
    if kind is bool:
        return option(flag, name, is_flag=True, default=None, help=text)
    if field.default not in (None, (), WantedShape()) and "Default:" not in text:
        shown = ",".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
        text = f"{text} Default: {shown}."
    if kind is tuple:
        return option(flag, name, metavar="N[,N...]", callback=_numbers, help=text)
    if kind is WantedShape:
        return option(flag, name, metavar="KEY=N,...", callback=_shape, help=text)
    if kind is Scratch:
        return option(flag, name, metavar="KEY=VALUE,...", callback=scratch_shape, help=text)
    return option(flag, name, type=_type(kind), help=text)


def _plain(annotation: Any) -> Any:
    """The type behind `Annotated[...]` and `... | None`; a union of closed lists is one closed list."""
    if hasattr(annotation, "__metadata__"):
        return _plain(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [_plain(part) for part in get_args(annotation) if part is not type(None)]
        if all(get_origin(kind) is Literal for kind in kinds):
            return Literal[tuple(value for kind in kinds for value in get_args(kind))]
        return kinds[0]
    return tuple if get_origin(annotation) is tuple else annotation


def _type(kind: object) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    return click.Path(path_type=Path) if kind is Path else kind


def _numbers(context: click.Context, parameter: click.Parameter, value: str | None) -> object:
    if value is None:
        return None
    try:
        return tuple(int(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a list of whole numbers, as 1,2,4", context, parameter) from None


def _shape(context: click.Context, parameter: click.Parameter, value: str | None) -> object:
    return None if value is None else WantedShape.from_text(value)


def scratch_shape(context: click.Context, parameter: click.Parameter, value: str | None) -> object:
    """Parse `layers=4,hidden=256,...` into a `Scratch`."""
    if value is None:
        return None
    return Scratch.from_text(value)


def data_options(*, required: bool = True) -> Callable[[Command], Command]:
    """`--data` and its kin; the command receives a `DataSpec`, or None where none is required or given."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(**given: Any) -> object:
            own = {name: given.pop(name) for name in _DATA_FIELDS}
            chosen = {name: value for name, value in own.items() if value is not None}
            name = given.pop("data")
            return command(data=_data(name, chosen) if required or name or chosen else None, **given)

        for option in reversed(_DATA_OPTIONS):
            wrapped = option(wrapped)
        return wrapped

    return decorate


def _data(name: str | None, chosen: dict[str, Any]) -> DataSpec:
    if not name and not chosen.keys() & {"train", "validation", "test"}:
        raise UsageError("no data was given", advice="--data smart-home, --data FOLDER, or --train FILE --test FILE")
    return DataSpec.from_text(name).changed(chosen) if name else DataSpec.from_flags(chosen)


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> object:
    return None if value is None else tuple(part.strip() for part in value.split(","))


_DATA_FIELDS = tuple(name for name in DataSpec.model_fields if name not in ("name", "hub"))
_PATH = click.Path(path_type=Path)
_data_option = functools.partial(click.option, cls=Option, section="Data")
_DATA_OPTIONS = (
    _data_option(
        "--data",
        metavar="NAME|FOLDER|FILE|HUB-ID",
        help="smart-home; a folder with train.tsv, test.tsv, ...; a file, taken as test rows; or a set of the Hugging "
        "Face hub, as owner/name or name:config.",
    ),
    _data_option(
        "--train", type=_PATH, help="Training rows: .tsv, .csv, .jsonl, .json, .parquet, or .txt (see --format)."
    ),
    _data_option("--validation", type=_PATH, help="Validation rows. Default: a tenth of the training rows."),
    _data_option("--test", type=_PATH, help="Test rows."),
    _data_option("--text", metavar="COLUMN", help="Column of the text. Default: by its usual names."),
    _data_option("--text-pair", metavar="COLUMN", help="Column of the second text of a pair."),
    _data_option("--label", metavar="COLUMN", help="Column of the label. Default: by its usual names."),
    _data_option(
        "--columns",
        metavar="NAME,...",
        callback=_names,
        help="Columns of tables without a header, as text,label.",
    ),
    _data_option(
        "--label-names",
        metavar="NAME,...",
        callback=_names,
        help="What labels that are numbers are called, from 0 on, as negative,positive.",
    ),
    _data_option(
        "--separator",
        metavar="CHARACTER",
        help="Between the columns of .csv and .tsv, as ';', '|' or tab. Default: a comma, a tab.",
    ),
    _data_option(
        "--documents",
        type=click.Choice(get_args(Documents)),
        help="What a document of a language model's .txt is: the file, what stands between blank lines, or a line. "
        "Default: file; a row of .jsonl is one always.",
    ),
    _data_option(
        "--format",
        type=click.Choice(get_args(FileFormat)),
        help="What the files are; lines: a label before each text, as TREC and fastText write it. Default: by the "
        "ending, .txt by the first line.",
    ),
    _data_option("--encoding", metavar="NAME", help="As latin-1. Default: by the file's mark, UTF-8, or a guess."),
    _data_option(
        "--skip-bad-rows",
        is_flag=True,
        default=None,
        help="Leave out rows without text or label or with fields missing, and say how many.",
    ),
)


_model_option = functools.partial(click.option, cls=Option, section="Model")


def model_argument(
    kind: Literal["checkpoint", "bundle", "either"],
    *,
    unless: str | None = None,
    beside: str | None = None,
    ask_task: bool = True,
) -> Callable[[Command], Command]:
    """The model, as an argument or by `-m`; without either the current folder if it is one, else the newest run's.

    The command receives `model`, a `ModelRef`; None if the option named by `unless` was given in its place.
    beside: an option with which none is looked for either, though one may be given
    ask_task: whether `--task` says what the checkpoint is for; else the command may have an option of that name
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(model: str | None, model_option: str | None, **given: Any) -> object:
            reference = given.pop("revision", None), given.pop("task", None) if ask_task else None
            replaced = unless is not None and given[unless] is not None
            source = _one_model(model, model_option, unless if replaced else None)
            if source is None and not replaced and (beside is None or given[beside] is None):
                source = str(default_model(kind))
            return command(model=ModelRef(source, *reference) if source else None, **given)

        if kind == "checkpoint" and ask_task:
            wrapped = _model_option("--task", type=click.Choice(tuple(TASKS)), help=_TASK_HELP)(wrapped)
        if kind != "bundle":
            wrapped = _model_option("--revision", help="Revision of a hub id.")(wrapped)
        wrapped = _model_option("-m", "--model", "model_option", metavar="MODEL", help=_MODEL_HELP[kind])(wrapped)
        return click.argument("model", required=False)(wrapped)

    return decorate


def default_model(kind: Literal["checkpoint", "bundle", "either"]) -> Path:
    """The model that is meant where none is given, told on standard error: else another one may pass unseen.

    Raises `UsageError` where there is none.
    """
    from edgekit.flows.default_model import newest_model

    found = newest_model(kind)
    hint(f"no model was given: this is {found}")
    return found


def _one_model(argument: str | None, option: str | None, replaced_by: str | None) -> str | None:
    """What was given, by one way alone."""
    given = [text for text in (argument, option, replaced_by and f"--{replaced_by}") if text]
    if len(given) > 1:
        raise UsageError(f"two models were given: {given[0]} and {given[1]}", advice="give one")
    return argument or option


_TASK_HELP = "What the checkpoint is for. Default: what its config.json says."
_MODEL_HELP = {
    "checkpoint": "A checkpoint folder or a hub id. Default: the current folder if it is one, else the newest run's.",
    "bundle": "A bundle folder. Default: the current folder if it is one, else the newest run's.",
    "either": "A checkpoint or a bundle. Default: the current folder if it is one, else the newest run's bundle.",
}
