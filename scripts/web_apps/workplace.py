"""Where an app is built: a folder in the cache that keeps its `node_modules` from run to run, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from web_apps.app import APPS, DESCRIPTION, App
from web_apps.packages import Packages
from web_apps.tools import CACHE, NPM_OPTIONS, run

# what every page has in common
CHECK = APPS / "check.js"


def lay_out(app: App, packages: Packages) -> Path:
    """The app's files beside its installed packages, those of the models among them. Raises `AppFailed`."""
    folder = CACHE / "apps" / app.name
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name != "node_modules":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(app.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(DESCRIPTION))
    shutil.copyfile(CHECK, folder / app.check / CHECK.name)
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    manifest["private"] = True
    manifest["dependencies"] |= {name: f"file:{tarball}" for name, tarball in packages.tarballs.items()}
    (folder / "package.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    run(["npm", "install", *NPM_OPTIONS], folder)
    return folder


def versions(app: App, folder: Path) -> dict[str, str]:
    """Which versions npm took of the packages that the table names."""
    found = {}
    for name in app.versions:
        manifest = folder / "node_modules" / name / "package.json"
        found[name] = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return found
