"""An app of a framework, as its folder describes it: `app.toml`, `package.json`, and the app's own files."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

APPS = Path(__file__).parent
# what a folder holds for this script rather than for the app
DESCRIPTION = "app.toml"


class Way(BaseModel):
    """One way to build and run an app.

    build: commands, run in the app's folder with `node_modules/.bin` in PATH; none for what the way before it built
    serve: folder that a plain file server gives out, or
    start: command of a server of its own, which takes `{port}`, or
    prints: command whose last line is what an answer is
    pages: addresses that Chromium opens, each once for every word of `loads`
    asks: addresses that answer with JSON without a page
    headers: what the file server says besides
    cores: how many cores the browser says it has; None for as many as there are
    quick: whether it is part of `--quick`
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    build: tuple[str, ...] = ()
    serve: str | None = None
    start: str | None = None
    prints: str | None = None
    pages: tuple[str, ...] = ("/",)
    loads: tuple[str, ...] = ("worker", "page")
    asks: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    cores: int | None = None
    quick: bool = False


class App(BaseModel):
    """A framework's minimal app.

    versions: npm packages whose versions the table names
    check: the folder that the pages take `check.js` from
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    versions: tuple[str, ...]
    ways: tuple[Way, ...]
    check: str = "."

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return APPS / self.name


def read_app(name: str) -> App:
    """The app in a folder beside this file."""
    told = tomllib.loads((APPS / name / DESCRIPTION).read_text(encoding="utf-8"))
    return App.model_validate({"name": name} | told)


def all_apps() -> dict[str, App]:
    """Every app by its name, in the order of names."""
    return {path.parent.name: read_app(path.parent.name) for path in sorted(APPS.glob(f"*/{DESCRIPTION}"))}
