"""Wheels of a few bytes that are called like the runtimes, for tests that reach no package index."""

import zipfile
from pathlib import Path

import pytest

from edgekit.devices.provision.runtimes import Provision
from edgekit.devices.provision.wheels import Archive
from edgekit.io.hashing import file_sha256

VERSIONS = {"onnxruntime": "1.30.0", "ai-edge-litert": "2.3.0", "tokenizers": "0.23.0", "numpy": "2.4.0"}


def write_wheel(folder: Path, project: str, version: str, files: dict[str, str] | None = None) -> Path:
    """A wheel of `project`; files: what is in it besides, by name. Default: an empty module of its name."""
    module = project.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    content = files if files is not None else {f"{module}/__init__.py": "", f"{module}/interpreter.py": ""}
    content = content | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in content.items():
            wheel.writestr(name, text)
    return path


def as_archive(path: Path) -> Archive:
    """A wheel as it is after it was fetched."""
    project, version = path.name.split("-")[:2]
    return Archive(path, file_sha256(path), project.replace("_", "-"), version)


def provision_of(folder: Path, name: str = "default", **changes: dict[str, str]) -> Provision:
    """What `collect` gives for a 64-bit device, without asking pip; changes: files of wheels, by module."""
    archives = [
        as_archive(write_wheel(folder / name, project, version, changes.get(project.replace("-", "_"))))
        for project, version in VERSIONS.items()
    ]
    return Provision(name, tuple(archives), ("numpy", "tokenizers", "onnxruntime", "ai_edge_litert.interpreter"))


@pytest.fixture
def wheel_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the whole world, with one wheel of everything, and a cache of its own."""
    folder = tmp_path / "index"
    for project, version in VERSIONS.items():
        write_wheel(folder, project, version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder
