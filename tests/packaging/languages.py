"""The packages' tokenizers as programs: for each language how its runner is built and started."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from edgekit.packaging.contents import fill

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TEMPLATES = ROOT / "edgekit" / "packaging"
JAVA = TEMPLATES / "android/templates/common/module/src/main/java/@@PATH@@"
SWIFT = TEMPLATES / "ios/templates/Sources/@@PASCAL@@Core"
TOOLCHAIN = ROOT / "scripts" / "swift-toolchain"
# the only source of Swift's core that is of the package and not of its tokenizer: it asks for the package's resources
RESOURCES = "PackagedModel.swift"
# Metro's settings, the bundle and the engine are those with which `scripts/check_web_packages` tries a whole app
REACT_NATIVE_APP = ROOT / "scripts" / "web_apps" / "react_native"
Words = list[str | Path]


class Missing(Exception):
    """A language whose tools are not on this machine; it says which."""


def python(folder: Path) -> Words:
    """The agent, which the Linux package runs."""
    return [sys.executable, HERE / "agent_runner.py"]


def javascript(folder: Path) -> Words:
    """The web package's modules as they are, in Node."""
    # threads of its own compile ahead, which a short program pays for and does not use
    return [_tool("node"), "--single-threaded", HERE / "web" / "tokenizer_runner.mjs"]


def hermes(folder: Path) -> Words:
    """The web package's modules as Metro bundles them, in the engine of React Native."""
    from web import npm

    place = folder / "hermes"
    if not place.exists():
        try:
            modules = npm.fetched("react-native", npm.REACT_NATIVE)
        except npm.Missing as missing:
            raise Missing(str(missing)) from missing
        shutil.copytree(REACT_NATIVE_APP, place)
        shutil.copytree(TEMPLATES / "web" / "templates" / "lib", place / "lib")
        (place / "node_modules").symlink_to(modules)
        for path in (HERE / "web").glob("hermes_*"):
            shutil.copy(path, place)
        _run(["env", "-C", place, _tool("node"), "hermes_bundle.mjs"])
    return [_tool("node"), place / "hermes_runner.mjs"]


def java(folder: Path) -> Words:
    """The Android package's core, compiled for the JVM."""
    compiler, machine = _tool("javac"), _tool("java")
    sources, classes = folder / "java", folder / "classes"
    if not classes.exists():
        for part in ("tokenizer", "json", "ModelException.java"):
            _filled_java(JAVA / part, sources)
        shutil.copy(HERE / "android" / "java" / "TokenizerRunner.java", sources)
        files = sorted(sources.rglob("*.java"))
        _run([compiler, "-encoding", "UTF-8", "--release", "8", "-nowarn", "-d", classes, *files])
    return [machine, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", classes, "TokenizerRunner"]


def _filled_java(part: Path, sources: Path) -> None:
    values = {"ID": "com.example.app", "PATH": "com/example/app"}
    place = sources / "com/example/app"
    if part.is_dir():
        fill(part, place / part.name, values)
    else:
        place.mkdir(parents=True, exist_ok=True)
        (place / part.name).write_text(part.read_text("utf-8").replace("@@ID@@", values["ID"]), "utf-8")


def swift(folder: Path) -> Words:
    """The iOS package's core, compiled for Linux and kept by what it came from: `build_swift` takes minutes."""
    root, program = _swift_program()
    if not program.exists():
        raise Missing("the Swift runner is not compiled: scripts/tokenizer_parity.py --languages Swift does it")
    return _loaded(root, program)


def build_swift() -> Words:
    """Compile the runner in the toolchain, unless it has been compiled from these sources. Raises `Missing`."""
    root, program = _swift_program()
    if not program.exists():
        package = program.parents[2]
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(HERE / "ios" / "swift" / "tokenize", package)
        for path in _swift_core():
            place = package / "Sources" / "PackageCore" / path.relative_to(SWIFT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        _run([TOOLCHAIN, "run", package, "swift", "build", "-c", "release", "-j", "1"])
    return _loaded(root, program)


def _loaded(root: Path, program: Path) -> Words:
    """By the toolchain's own loader: its libc is another one than that of this machine."""
    libraries = [root / "usr/lib/swift/linux", root / "usr/lib/x86_64-linux-gnu"]
    return [root / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", ":".join(map(str, libraries)), program]


def _swift_core() -> list[Path]:
    return [path for path in sorted(SWIFT.rglob("*.swift")) if path.name != RESOURCES]


def _swift_program() -> tuple[Path, Path]:
    """The toolchain, and where the program compiled from these sources is or will be."""
    root = _swift_root()
    sources = [*_swift_core(), *sorted((HERE / "ios" / "swift" / "tokenize").rglob("*.swift"))]
    made = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    return root, root.parent / f"tokenize-{made}" / ".build" / "release" / "tokenize"


def _swift_root() -> Path:
    found = subprocess.run([TOOLCHAIN, "where"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise Missing("there is no Swift toolchain: scripts/swift-toolchain build")
    return Path(found.stdout.strip())


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def _run(words: Words) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


# each takes a folder for what it builds, and gives the words to which a tokenizer and a length are added
LANGUAGES: dict[str, Callable[[Path], Words]] = {
    "Python": python,
    "JavaScript": javascript,
    "Hermes": hermes,
    "Java": java,
    "Swift": swift,
}
