"""Paths as a report shows them: from the run's folder, or the name alone of what lies elsewhere; never a home."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edgekit.measure.verdicts import Verdict
from edgekit.options.input_files import input_files
from edgekit.options.recipe import Recipe
from edgekit.report.summary import Summary

# what may stand before a path in a text: anything but a part of a longer path, an address or a word
_START = r"(?<![\w.~:/-])"


def with_short_paths(summary: Summary, recipe: Recipe, folder: Path) -> Summary:
    """The summary of a run in `folder`, for whoever gets to see it: it names no folder outside the run's own."""
    paths = _ReportPaths(folder, inputs_of(recipe))
    return replace(
        summary,
        target=paths.in_text(summary.target),
        data=paths.in_text(summary.data),
        models=tuple(replace(row, path=paths.shown(row.path)) for row in summary.models),
        verdicts=tuple(replace(row, verdict=_verdict(row.verdict, paths)) for row in summary.verdicts),
        packages=tuple(replace(row, path=paths.shown(row.path)) for row in summary.packages),
        commands=tuple(map(paths.in_command, summary.commands)),
    )


def inputs_of(recipe: Recipe) -> tuple[Path, ...]:
    """Every file and folder that a recipe reads."""
    stages = recipe.stages
    found = list(input_files(recipe.data, *(getattr(stages, name) for name in type(stages).model_fields)))
    if isinstance(recipe.model, str) and Path(recipe.model).is_dir():
        found.append(Path(recipe.model))
    targets = (recipe.target, stages.export.target, stages.quantize.target if stages.quantize else "")
    return (*found, *(Path(target) for target in targets if Path(target).is_file()))


def _verdict(verdict: Verdict, paths: _ReportPaths) -> Verdict:
    target = verdict.budget.target
    return replace(
        verdict,
        budget=verdict.budget.model_copy(update={"target": target and paths.in_text(target)}),
        reason=paths.in_text(verdict.reason),
        advice=paths.in_text(verdict.advice),
        conditions=paths.in_text(verdict.conditions),
        notes=tuple(map(paths.in_text, verdict.notes)),
    )


class _ReportPaths:
    """How the paths of one run are shown.

    folder: of the run, as it was given
    inputs: what the run reads, as it was given
    """

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        self._folder = folder.resolve()
        # as `runs/NAME` has them; above a home, what follows would name it
        near = (self._folder.parent, *([Path.cwd()] if self._folder.parent.parent == Path.cwd() else []))
        self._near = {ups: not Path.home().is_relative_to(above) for ups, above in enumerate(near, 1)}
        self._inputs = {str(path) for path in inputs}
        roots = sorted({str(folder), str(folder.absolute()), str(self._folder)}, key=len, reverse=True)
        self._own = [root for root in roots if root not in ("", ".", "/")]
        self._known = sorted({*self._inputs, *(str(Path(each).resolve()) for each in self._inputs)}, key=len)[::-1]

    def shown(self, path: str | Path) -> str:
        """A path from the run's folder; of what lies neither beside it nor in the working directory only the name."""
        place = Path(path).resolve()
        from_here = os.path.relpath(place, self._folder)
        ups = Path(from_here).parts.count("..")
        return from_here if ups == 0 or self._near.get(ups) else place.name

    def in_command(self, line: str) -> str:
        """A command line with every path in it as it is shown, to be called in the run's folder."""
        return shlex.join(map(self._word, shlex.split(line)))

    def in_text(self, text: str) -> str:
        """A sentence with the run's folder and its inputs as they are shown."""
        for root in self._own:
            text = re.sub(rf"{_START}{re.escape(root)}/", "", text)
            text = re.sub(rf"{_START}{re.escape(root)}(?![\w/-])", ".", text)
        for known in self._known:
            if "/" in known:
                text = re.sub(rf"{_START}{re.escape(known)}(?![\w-])", lambda found: self.shown(found[0]), text)
        return text

    def _word(self, word: str) -> str:
        """An argument, or the value behind the first `=` in it."""
        name, sign, value = word.partition("=")
        if sign and self._is_path(value):
            return f"{name}={self.shown(value)}"
        return self.shown(word) if self._is_path(word) else word

    def _is_path(self, word: str) -> bool:
        if word in self._inputs or Path(word).is_absolute():
            return True
        return any(word == root or word.startswith(f"{root}/") for root in self._own)
