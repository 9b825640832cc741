"""Where the shipped targets and recipes lie, and how a target is found by its name or its path."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from edgekit.spec.errors import ToolError, unknown_name
from edgekit.spec.target import Target

_PACKAGE = Path(__file__).resolve().parents[1]
_SUFFIXES = (".yaml", ".yml", ".json")


def shipped_files(kind: Literal["targets", "recipes"]) -> dict[str, Path]:
    """The shipped files of a kind, by the name a person types."""
    return {path.stem: path for path in sorted(_folder(kind).glob("*.yaml"), key=lambda path: path.stem)}


def load_target(name_or_path: str) -> Target:
    """A shipped target by its name, or a person's own by the path of its file."""
    path = Path(name_or_path)
    if path.suffix in _SUFFIXES or len(path.parts) > 1:
        return Target.read(path)
    shipped = shipped_files("targets")
    if name_or_path not in shipped:
        raise unknown_name("target", name_or_path, shipped)
    return Target.read(shipped[name_or_path])


def _folder(kind: str) -> Path:
    """In an installed wheel inside the package; in a source checkout or an editable install beside it."""
    inside = _PACKAGE / "shipped" / kind
    if inside.is_dir():
        return inside
    beside = _PACKAGE.parent / kind
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise ToolError(f"this installation of edgekit lacks its {kind}", advice="install edgekit again")
