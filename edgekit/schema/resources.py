"""Where the shipped targets and recipes lie, and how a target is found by its name or its path."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from edgekit.errors import ToolError, UsageError, unknown_name
from edgekit.schema.target import Target

_PACKAGE = Path(__file__).resolve().parents[1]
_SUFFIXES = (".yaml", ".yml", ".json")


def shipped_files(kind: Literal["targets", "recipes"]) -> dict[str, Path]:
    """The shipped files of a kind, by the name a person types."""
    return {path.stem: path for path in sorted(_folder(kind).glob("*.yaml"), key=lambda path: path.stem)}


def load_target(name_or_path: str) -> Target:
    """A shipped target by its name, or a person's own by the path of its file; `UsageError` for no such target."""
    path = Path(name_or_path)
    if path.suffix in _SUFFIXES or len(path.parts) > 1:
        return read_target(path)
    shipped = shipped_files("targets")
    if name_or_path not in shipped:
        raise unknown_name("target", name_or_path, shipped)
    return Target.read(shipped[name_or_path])


def read_target(path: Path) -> Target:
    """The target in a person's own file; `UsageError` where it bears the name of a shipped one and is not that."""
    target = Target.read(path)
    if is_shipped(target.name) and target != _shipped(target.name):
        raise _name_in_use(target.name, str(path))
    return target


def check_target_name(target: Target, where: str) -> None:
    """Raise `UsageError` for a target that bears the name of a shipped one and is another class of device.

    The facts of a target go along with what was made for it, and later versions ship better ones: what may not differ
    is what decides which machines it stands for.
    """
    if is_shipped(target.name) and _class_of(target) != _class_of(_shipped(target.name)):
        raise _name_in_use(target.name, where)


def is_shipped(name: str) -> bool:
    """Whether edgekit ships a target of this name."""
    return name in shipped_files("targets")


def _class_of(target: Target) -> tuple[object, ...]:
    """What decides which machines a target stands for (`Target.matches`)."""
    return target.os, target.arch, target.cpu.parts, target.cpu.boards


@cache
def _shipped(name: str) -> Target:
    return Target.read(shipped_files("targets")[name])


def _name_in_use(name: str, where: str) -> UsageError:
    return UsageError(
        f"{where}: a target {name} with other facts is shipped with edgekit, so these cannot be called {name}",
        advice=f"give the target a name of its own, as my-{name}",
    )


def _folder(kind: str) -> Path:
    """In an installed wheel inside the package; in a source checkout or an editable install beside it."""
    inside = _PACKAGE / "shipped" / kind
    if inside.is_dir():
        return inside
    beside = _PACKAGE.parent / kind
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise ToolError(f"this installation of edgekit lacks its {kind}", advice="install edgekit again")
