"""Node and npm for the tests of the web package: runtimes fetched once, packages packed and installed, scripts run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from edgekit.packaging.web.write import NODE_RUNTIME, REACT_NATIVE_RUNTIME, WEB_RUNTIME

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgekit" / "npm"
RUNTIMES = (f"onnxruntime-node@{NODE_RUNTIME}",)
# what types are checked against; React Native's own dependencies are not needed for that
TYPES = (
    f"onnxruntime-web@{WEB_RUNTIME}",
    f"onnxruntime-react-native@{REACT_NATIVE_RUNTIME}",
    "typescript@7.0.2",
    "@types/node@20.19.25",
)
# what bundles an app for React Native and runs it; of a year ago, for a Node that is older than today's take
REACT_NATIVE = (
    "metro@0.83.8",
    "@react-native/metro-config@0.83.10",
    "@react-native/babel-preset@0.83.10",
    "@react-native/asset-utils@0.88.1",
    "@babel/core@7.28.5",
    "@babel/runtime@7.28.4",
    "@dr.pogodin/react-native-fs@2.40.3",
    "react-native-fs@2.20.0",
    "expo-asset@58.0.21",
    "expo-file-system@58.0.14",
    "expo-file-system-18@npm:expo-file-system@18.1.9",
    "react@19.2.0",
    "hermes-engine-cli@0.12.0",
    f"onnxruntime-react-native@{REACT_NATIVE_RUNTIME}",
    *RUNTIMES,
)
OPTIONS = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps")


class Missing(Exception):
    """What a test needs and this machine does not have; it says what."""


def tool(name: str) -> str:
    """The path of a program. Raises `Missing`."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def fetched(name: str, packages: tuple[str, ...]) -> Path:
    """A `node_modules` with these packages, kept in the user's cache. Raises `Missing` where npm cannot bring them."""
    folder = CACHE / f"test-{name}-{'-'.join(package.rpartition('@')[2] for package in packages)}"
    if not folder.is_dir():
        made = folder.with_name(f"{folder.name}.{os.getpid()}")
        made.mkdir(parents=True)
        command = [tool("npm"), "install", *OPTIONS, "--no-save", "--prefix", made, *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
        if done.returncode:
            shutil.rmtree(made)
            raise Missing(f"npm cannot bring {', '.join(packages)}: {done.stderr[-300:]}")
        try:
            made.rename(folder)
        except OSError:  # another run was quicker
            shutil.rmtree(made)
    return folder / "node_modules"


def packed(package: Path, folder: Path) -> Path:
    """The tarball that `npm pack` makes of a package."""
    done = run("npm", "pack", "--json", "--pack-destination", folder, cwd=package)
    (said,) = json.loads(done.stdout)
    return folder / Path(said["filename"]).name


def installed(tarball: Path, project: Path, modules: Path) -> Path:
    """A new project with the tarball installed, as npm does it, and the runtimes beside it."""
    project.mkdir()
    (project / "package.json").write_text('{"type": "module", "private": true}', encoding="utf-8")
    run("npm", "install", *OPTIONS, "--offline", tarball, cwd=project)
    for path in sorted(modules.iterdir()):
        if not path.name.startswith(".") and not (project / "node_modules" / path.name).exists():
            (project / "node_modules" / path.name).symlink_to(path)
    return project


def run(*words: Any, cwd: Path | None = None, exits: int | None = 0, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a program; what it said, where it ends with the code that is expected, or with any."""
    command = [tool(words[0]), *map(str, words[1:])]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300, **more)
    assert exits in (None, done.returncode), (
        f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )
    return done


def script(project: Path, text: str, **more: Any) -> Any:
    """What a module, run in the project, prints as JSON on its last line."""
    path = project / "script.mjs"
    path.write_text(text, encoding="utf-8")
    return json.loads(run("node", path, cwd=project, **more).stdout.splitlines()[-1])


def browse(url: str, evaluate: str, **more: Any) -> dict[str, Any]:
    """What the body of an async function gives in a page of headless Chromium, and what the page said."""
    report = json.dumps({"url": url, "evaluate": evaluate} | more)
    environment = os.environ | {"EDGEKIT_CHROMIUM": tool("chromium")}
    found: dict[str, Any] = json.loads(run("node", HERE / "browser.mjs", report, env=environment).stdout)
    return found
