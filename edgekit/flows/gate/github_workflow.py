"""The GitHub workflow that gates pull requests: the base installed, the verdicts as summary, annotations and JUnit."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from edgekit.devices.emulation.counting import board_of
from edgekit.errors import UsageError
from edgekit.io.atomic import write_named_text
from edgekit.io.printable import clean
from edgekit.parts import base_requirement

WORKFLOW = Path(".github", "workflows", "edgekit.yml")
_TEMPLATE = Path(__file__).with_suffix(".yml")
_EMULATED = "emulated-"
_EMULATE = """\
      - name: Cache the emulated board
        uses: actions/cache@v4
        with:
          path: ~/.cache/edgekit/emulated
          key: edgekit-{device}-${{{{ hashFiles('.github/workflows/edgekit.yml') }}}}
      - name: Emulate the board
        # it counts instructions, which have no noise; no root is needed
        run: edgekit devices emulate {target}
"""


def write_github_workflow(
    bundle: Path, options: Sequence[str], *, inconclusive_ok: bool = False, force: bool = False
) -> Path:
    """Write the workflow that gates `bundle`, of a repository that it lies in, and give its path.

    options: of `edgekit gate` as they are typed, with the budgets; a device `emulated-TARGET` is made there first
    It stands at the root of the repository of the working directory, or here where that is none. Raises `UsageError`
    for a bundle outside of it, and for a workflow that is there already unless forced.
    """
    root = _repository()
    path = root / WORKFLOW
    if path.exists() and not force:
        raise UsageError(f"{path} exists", advice="--force replaces it")
    place = Path(os.path.normpath(Path.cwd() / bundle))
    if not place.is_relative_to(root):
        raise UsageError(f"{bundle} lies outside of {root}, which is all that CI checks out", advice="copy it there")
    words = [place.relative_to(root).as_posix(), *options, *(["--inconclusive-ok"] if inconclusive_ok else [])]
    values = {
        "NAME": clean(place.name),
        "REQUIREMENT": f'"{base_requirement()}"',
        "NEUTRAL": "which is told and lets the job pass" if inconclusive_ok else "which is no pass",
        "GATE": _plain(words),
        "EMULATE": "".join(_emulated(word) for word in dict.fromkeys(options) if word.startswith(_EMULATED)),
    }
    text = re.sub("@@([A-Z]+)@@", lambda found: values[found[1]], _TEMPLATE.read_text(encoding="utf-8"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_named_text(path, text)
    return path


def _emulated(device: str) -> str:
    """The steps that make an emulated device; `UsageError` for a target that has none."""
    target = board_of(device.removeprefix(_EMULATED)).target
    return _EMULATE.format(device=device, target=target)


def _plain(words: Sequence[str]) -> str:
    """Words as a shell takes them, which mean nothing to YAML and to GitHub."""
    for word in words:
        if not word.isprintable() or "${{" in word:
            raise UsageError(f"{json.dumps(word)} cannot stand in a workflow", advice="give it another name")
    return shlex.join(words)


def _repository() -> Path:
    """The root of the repository that the working directory lies in; itself where it lies in none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
