"""One way of an app tried: built, served, opened in headless Chromium, its answers compared with a golden case."""

from __future__ import annotations

import functools
import html
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from web_apps.app import App, Way
from web_apps.packages import Packages
from web_apps.serving import ask, served
from web_apps.tools import AppFailed, environment, run
from web_apps.workplace import lay_out, versions

BROWSER = Path(__file__).parents[2] / "tests" / "packaging" / "web" / "browser.mjs"
# a page that says nothing for so long says nothing at all
PAGE_SECONDS = 60
_FOUND = "while (!window.found) await new Promise((resolve) => setTimeout(resolve, 20)); return window.found;"


class Answer(TypedDict, total=False):
    """What one page, server or command found. The last two are of pages alone."""

    label: str
    passed: int
    cases: int
    failure: str | None
    firstMs: float
    freezeMs: float
    workers: int


class WayResult(TypedDict):
    """Answers by where the model ran (worker, page, an address, command); `problem` is None where all are right."""

    name: str
    answers: dict[str, Answer]
    problem: str | None


class AppResult(TypedDict):
    """An app with the versions that npm took, and each of its ways."""

    title: str
    versions: dict[str, str]
    ways: list[WayResult]


def tried(app: App, packages: Packages, ways: tuple[Way, ...]) -> AppResult:
    """Every way of an app; what fails is told in its result."""
    try:
        folder = lay_out(app, packages)
    except AppFailed as failed:
        return {"title": app.title, "versions": {}, "ways": [_failed(way.name, str(failed)) for way in ways]}
    results = [_tried_way(way, folder, packages) for way in ways]
    return {"title": app.title, "versions": versions(app, folder), "ways": results}


def _failed(name: str, problem: str) -> WayResult:
    return {"name": name, "answers": {}, "problem": problem}


def _tried_way(way: Way, folder: Path, packages: Packages) -> WayResult:
    result: WayResult = {"name": way.name, "answers": {}, "problem": None}
    problems = []
    try:
        for command in way.build:
            run(["sh", "-c", command], folder)
        with _asked(way, folder) as questions:
            for where, question in questions.items():
                try:
                    result["answers"][where] = question()
                    _require_right(where, result["answers"][where], packages)
                except AppFailed as failed:
                    problems.append(f"{where}: {failed}")
    except AppFailed as failed:
        problems.append(str(failed))
    result["problem"] = "; ".join(problems) or None
    return result


@contextmanager
def _asked(way: Way, folder: Path) -> Iterator[dict[str, Callable[[], Answer]]]:
    """What brings each answer of an app, while it is served."""
    if way.prints is not None:
        words = shlex.split(way.prints)
        yield {"command": lambda: _json((run(words, folder).strip() or "nothing was printed").splitlines()[-1])}
        return
    with served(way, folder) as address:
        questions: dict[str, Callable[[], Answer]] = {
            path: functools.partial(lambda url: _json(ask(url)), address + path) for path in way.asks
        }
        for path in way.pages:
            for load in way.loads:
                where = load if len(way.pages) == 1 else f"{path} {load}"
                questions[where] = functools.partial(visit, f"{address}{path}#{load}", way.cores, folder)
        yield questions


def _json(text: str) -> Answer:
    """An answer from JSON, or from a page that a server made, with the JSON in its `<pre>`."""
    if within := re.search("<pre[^>]*>(.*?)</pre>", text, re.DOTALL):
        text = html.unescape(within[1])
    try:
        found: Answer = json.loads(text)
    except ValueError as error:
        raise AppFailed(f"no JSON: {text[:500]}") from error
    return found


def visit(url: str, cores: int | None, folder: Path) -> Answer:
    """What a page leaves in `window.found`. Raises `AppFailed` where it leaves nothing in time."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise AppFailed("chromium is not installed")
    wanted = json.dumps({"url": url, "evaluate": _FOUND, "cores": cores, "seconds": PAGE_SECONDS})
    done = subprocess.run(
        ["node", str(BROWSER), wanted],
        env=environment(folder) | {"EDGEKIT_CHROMIUM": chromium}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AppFailed(done.stderr[-2000:])
    told = json.loads(done.stdout)
    found: Answer = told["value"]
    if found.get("failure"):
        raise AppFailed(f"{found['failure']}; the page said {told['said']}")
    return found


def _require_right(where: str, answer: Answer, packages: Packages) -> None:
    if where.endswith("worker") and not answer.get("workers"):
        raise AppFailed("no Worker was made")
    if answer.get("failure"):
        raise AppFailed(str(answer["failure"]))
    if not answer.get("cases") or answer.get("passed") != answer.get("cases"):
        raise AppFailed(f"the self-test passed {answer.get('passed')} of {answer.get('cases')} cases")
    if answer.get("label") != packages.label:
        raise AppFailed(f"{packages.text!r} is {answer.get('label')!r}, not {packages.label!r}")
