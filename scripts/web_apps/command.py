"""The command: make the packages, try the apps one at a time, keep what was found, print the table."""

from __future__ import annotations

import argparse
import datetime
import fcntl
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web_apps.app import App, Way, all_apps
from web_apps.packages import make_packages
from web_apps.table import Results, table
from web_apps.tools import CACHE, AppFailed, node_version
from web_apps.trial import tried

ABOUT = """The web package in a minimal app of each framework, built from npm and opened in headless Chromium.

    scripts/check_web_packages                                         # all of them, one at a time
    scripts/check_web_packages vite next --json scripts/results/web_apps.json

Prints a table, and behind it what went wrong. Exit status 1 where an app fails. Apps are built in the user's cache,
which keeps what npm brought; Node 24 comes from npm where this machine's is older than today's frameworks take.
"""


def main() -> int:
    """Try, keep, print."""
    apps = all_apps()
    parser = argparse.ArgumentParser(description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", metavar="NAME", help=f"all by default: {', '.join(apps)}")
    parser.add_argument("--quick", action="store_true", help="only the ways that are quick to build")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results there, with those of earlier runs")
    given = parser.parse_args()
    for name in given.apps:
        if name not in apps:
            parser.error(f"there is no app {name}: {', '.join(apps)}")
    chosen = [(apps[name], _ways(apps[name], given.quick)) for name in given.apps or apps]
    try:
        with _alone():
            results = _tried(chosen)
    except AppFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    if given.json:
        _keep(results, given.json)
    print(table(results))
    problems = [
        f"{app['title']}, {way['name']}: {way['problem']}"
        for app in results["apps"].values()
        for way in app["ways"]
        if way["problem"] is not None
    ]
    if problems:
        print("\n\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


@contextmanager
def _alone() -> Iterator[None]:
    """The apps in the cache are those of one run at a time; another one waits."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("waiting for another run to end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ways(app: App, quick: bool) -> tuple[Way, ...]:
    return tuple(way for way in app.ways if way.quick or not quick)


def _tried(chosen: list[tuple[App, tuple[Way, ...]]]) -> Results:
    packages = make_packages()
    results: Results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "node": node_version(),
        "chromium": _chromium(),
        "apps": {},
    }
    for app, ways in chosen:
        if ways:
            began = time.monotonic()
            results["apps"][app.name] = tried(app, packages, ways)
            print(f"{app.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results


def _chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        return "not installed"
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    return said.split()[1] if said else "unknown"


def _keep(results: Results, path: Path) -> None:
    """Beside those of apps that were not tried this time."""
    kept = json.loads(path.read_text(encoding="utf-8"))["apps"] if path.exists() else {}
    whole = results | {"apps": dict(sorted((kept | results["apps"]).items()))}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
