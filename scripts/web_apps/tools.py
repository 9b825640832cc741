"""Node, npm and the programs that npm brings: found, fetched once, run, with what they said when they fail."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgekit" / "web_apps"
# the oldest Node that today's frameworks take, and the one that npm brings where this machine's is older
NODE_NEEDED, NODE_BROUGHT = (22, 22), "24"
NPM_OPTIONS = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock")
# programs that ask or call home unless they are told not to
QUIET = {
    "CI": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
    "NG_CLI_ANALYTICS": "false",
    "ASTRO_TELEMETRY_DISABLED": "1",
    "NUXT_TELEMETRY_DISABLED": "1",
    "NO_UPDATE_NOTIFIER": "1",
}


class AppFailed(Exception):
    """What does not work of an app, and how it showed."""


def run(words: list[str], folder: Path, seconds: int = 420) -> str:
    """What a command printed. Raises `AppFailed` with the end of what it said where it fails or takes too long."""
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as late:
        raise AppFailed(f"{' '.join(words)!r}: no end after {seconds} s") from late
    except OSError as error:
        raise AppFailed(f"{words[0]} cannot be run: {error}") from error
    if done.returncode:
        said = (done.stdout + "\n" + done.stderr).strip()
        raise AppFailed(f"{' '.join(words)!r} ends with {done.returncode}: {said[-3000:]}")
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Of a command in an app's folder: what npm brought comes first, and no program talks to anybody."""
    first = [str(folder / "node_modules" / ".bin"), str(node_folder())]
    return os.environ | QUIET | {"PATH": os.pathsep.join([*first, os.environ["PATH"]])}


@functools.cache
def node_folder() -> Path:
    """The folder of a Node that is new enough: this machine's, or one from npm, kept in the cache."""
    own = shutil.which("node")
    if shutil.which("npm") is None:
        raise AppFailed("npm is not installed")
    if own and _version(Path(own)) >= NODE_NEEDED:
        return Path(own).parent
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    name = f"node-{platform.system().lower()}-{machine}"
    place = CACHE / f"node-{NODE_BROUGHT}"
    found = place / "node_modules" / name / "bin"
    if not found.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", *NPM_OPTIONS, "--no-save", "--prefix", str(place), f"{name}@{NODE_BROUGHT}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AppFailed(f"npm cannot bring {name}: {done.stderr[-500:]}")
    return found


def node_version() -> str:
    """Which Node the apps run on, such as 24.22.3."""
    return ".".join(map(str, _version(node_folder() / "node")))


def _version(node: Path) -> tuple[int, ...]:
    said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split("."))
