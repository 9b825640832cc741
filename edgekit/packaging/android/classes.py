"""Compiling the Java sources of a package into a classes.jar."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from edgekit.errors import ToolError
from edgekit.packaging.android.archive import write_archive

STUBS = Path(__file__).parent / "stubs"
# what Android 7 runs without its tools rewriting anything
_RELEASE = "8"
_TIMEOUT_S = 300


def find_javac() -> str | None:
    """The Java compiler, where there is one."""
    return shutil.which("javac")


def compile_classes(javac: str, sources: Path, jar: Path) -> None:
    """Compile the tree `sources` against the signatures of Android and of the runtimes, which are not packed.

    Raises `ToolError` with the compiler's first lines.
    """
    with tempfile.TemporaryDirectory(prefix="edgekit-classes-") as temporary:
        signatures, classes = Path(temporary) / "signatures", Path(temporary) / "classes"
        run_javac(javac, sorted(STUBS.rglob("*.java")), signatures)
        run_javac(javac, sorted(sources.rglob("*.java")), classes, signatures)
        manifest = classes / "META-INF/MANIFEST.MF"
        manifest.parent.mkdir()
        manifest.write_text("Manifest-Version: 1.0\n", encoding="utf-8")
        write_archive(classes, jar)


def run_javac(javac: str, sources: list[Path], classes: Path, classpath: Path | None = None) -> None:
    """Compile sources into the folder `classes`. Raises `ToolError` with the compiler's first lines."""
    classes.mkdir(parents=True)
    listed = classes.with_suffix(".sources")
    listed.write_text("".join(f'"{path.as_posix()}"\n' for path in sources), encoding="utf-8")
    command = [javac, "--release", _RELEASE, "-encoding", "UTF-8", "-proc:none", "-Xlint:-options", "-nowarn"]
    # a class path of its own, so that CLASSPATH is not looked at
    command += ["-cp", str(classpath or classes), "-d", str(classes), f"@{listed}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"javac cannot be run: {error}", advice="check the JDK, or take it off PATH") from error
    if done.returncode:
        lines = " / ".join(done.stderr.strip().splitlines()[:4])
        raise ToolError(f"javac failed: {lines}", advice="install JDK 11 to 21, or take javac off PATH")
