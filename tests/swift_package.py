"""Swift packages of tiny bundles, built once for Linux with a stand-in for ONNX Runtime's own Swift package."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_bundle import make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.ios.write import write
from edgekit.packaging.runtimes import APPLE

NAME, PASCAL = "demo-model", "DemoModel"
ROOT = Path(__file__).resolve().parents[1]
PACKAGING = ROOT / "edgekit" / "packaging"
HERE = ROOT / "tests" / "packaging" / "ios" / "swift"
TOOLCHAIN = ROOT / "scripts" / "swift-toolchain"
STAND_IN = "onnxruntime-swift-package-manager"
# the one line in which the package that is built here differs from the one that is written
_ONLINE = f'.package(url: "https://github.com/microsoft/{STAND_IN}", from: "{APPLE.version}")'
_LOCAL = f'.package(path: "../{STAND_IN}")'


def answers(done: subprocess.CompletedProcess[str]) -> list[Any]:
    """What a program printed, a line of JSON each."""
    assert done.returncode == 0, done.stderr
    # texts hold ends of lines of Unicode, which JSON leaves as they are
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Why a program took something for bad input."""
    assert done.returncode == 2
    return done.stderr


class SwiftPackage:
    """A built package below `folder`, and its programs."""

    def __init__(self, folder: Path, toolchain: Path) -> None:
        self.folder = folder
        self.package = folder / NAME
        self._toolchain = toolchain

    def test(self) -> subprocess.CompletedProcess[str]:
        """Run the package's own tests, which are built already."""
        return self._swift("test", "--skip-build")

    def build(self) -> None:
        """Build everything, the tests too."""
        done = self._swift("build", "--build-tests")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        assert "warning:" not in done.stdout + done.stderr, done.stdout[-4000:]

    def run(self, program: str, *words: str | Path, lines: Sequence[Any] = ()) -> subprocess.CompletedProcess[str]:
        """Run a program of the package, by the toolchain's own loader: its libc is not this machine's."""
        root = self._toolchain
        libraries = f"{root}/usr/lib/swift/linux:{root}/usr/lib/x86_64-linux-gnu"
        loader = [root / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", libraries]
        return subprocess.run(
            [*loader, self._programs / program, *words],
            input="".join(json.dumps(line) + "\n" for line in lines),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={"EDGEKIT_ONNXRUNTIME": str(self._library), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )

    def run_with(self, program: str, model: Path, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a copy of a program in `folder`, as an app that has another model in its resources."""
        for file in (self._programs / program, self._library):
            shutil.copy(file, folder)
        shutil.copytree(model, folder / f"{NAME}_{PASCAL}Core.resources" / "Model")
        environment = os.environ | {"EDGEKIT_ONNXRUNTIME": str(folder / self._library.name)}
        words = [TOOLCHAIN, "run", folder, f"./{program}"]
        return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)

    @property
    def _programs(self) -> Path:
        return self.package / ".build" / "release"

    @property
    def _library(self) -> Path:
        return self.folder / "libonnxruntime.so"

    def _swift(self, *words: str) -> subprocess.CompletedProcess[str]:
        inside = f"cd {NAME} && exec swift {words[0]} -c release -j 1 {' '.join(words[1:])}"
        return subprocess.run(
            [TOOLCHAIN, "run", self.folder, "sh", "-c", inside],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"EDGEKIT_ONNXRUNTIME": str(self._library)},
        )


def toolchain() -> Path:
    """The folder of the Swift toolchain; skips the test where there is none."""
    found = subprocess.run([TOOLCHAIN, "where"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("there is no Swift toolchain: scripts/swift-toolchain build")
    if os.geteuid() != 0:
        pytest.skip("running the Swift toolchain needs root")
    return Path(found.stdout.strip())


def code_blocks(markdown: str) -> list[str]:
    """The Swift of a README."""
    return [part.split("```")[0] for part in markdown.split("```swift\n")[1:]]


def fill_folder(folder: Path, bundle: Path | None = None) -> None:
    """Write the package of a bundle into `folder`, with programs of these tests in it, and what it depends on.

    bundle: None: a tiny single-label classifier
    """
    import onnxruntime

    capi = Path(onnxruntime.__file__).parent / "capi"
    shutil.copytree(HERE / STAND_IN, folder / STAND_IN)
    shutil.copy(next(capi.glob("libonnxruntime.*")), folder / "libonnxruntime.so")
    opened = open_bundle(bundle or make_bundle(folder / "bundle", "onnx"))
    package = folder / NAME
    package.mkdir()
    write(opened, Identity(name=NAME, id="com.example.demomodel"), package)
    sources = {name: (HERE / name / "main.swift").read_text(encoding="utf-8") for name in ("model", "view")}
    tokenize = (HERE / "tokenize" / "Sources" / "tokenize" / "main.swift").read_text(encoding="utf-8")
    sources["tokenize"] = tokenize.replace("import PackageCore", f"import {PASCAL}Core")
    use, self_test = code_blocks((package / "README.md").read_text(encoding="utf-8"))
    sources["usage-classifier"] = use + self_test.replace(f"import {PASCAL}\n", "")
    generation = (PACKAGING / "ios" / "readme" / "text-generation.md").read_text(encoding="utf-8")
    sources["usage-generator"] = code_blocks(generation)[0].replace("@@PASCAL@@", PASCAL)
    for name, text in sources.items():
        place = package / "Sources" / name / "main.swift"
        place.parent.mkdir()
        place.write_text(text, encoding="utf-8")
    shutil.copy(HERE / "answers" / f"{opened.head.problem_type}.swift", package / "Sources" / "model" / "Answer.swift")
    manifest = package / "Package.swift"
    text = manifest.read_text(encoding="utf-8")
    assert _ONLINE in text
    needed = f'dependencies: ["{PASCAL}", "{PASCAL}Core"]'
    newest = ', swiftSettings: [.unsafeFlags(["-swift-version", "6"])]'
    modes = {name: newest if name == "view" else "" for name in sources}
    targets = "".join(f'    .executableTarget(name: "{name}", {needed}{mode}),\n' for name, mode in modes.items())
    manifest.write_text(text.replace(_ONLINE, _LOCAL) + f"package.targets += [\n{targets}]\n", encoding="utf-8")


def _digest(folder: Path) -> str:
    """Of what is compiled or run; the READMEs' code is among it."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in ("README.md", "NOTICE", "LICENSE"):
            digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def build_swift_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path | None], SwiftPackage]:
    """Builds the package of a bundle; kept beside the toolchain for as long as its files do not change.

    Takes a name for it, of which there is one build at a time, and the bundle, as `fill_folder` does.
    """
    root = toolchain()

    def build(name: str, bundle: Path | None = None) -> SwiftPackage:
        filled = tmp_path_factory.mktemp("swift") / "filled"
        filled.mkdir()
        fill_folder(filled, bundle)
        built = root.parent / f"package-{name}-{_digest(filled)}"
        done = built / "built"
        package = SwiftPackage(built, root)
        if not done.exists():
            for old in root.parent.glob(f"package-{name}-*"):
                shutil.rmtree(old)
            shutil.copytree(filled, built)
            package.build()
            done.touch()
        return package

    return build


@pytest.fixture(scope="session")
def swift_package(build_swift_package: Callable[[str], SwiftPackage]) -> SwiftPackage:
    """The package of a single-label classifier."""
    return build_swift_package("single-label")
