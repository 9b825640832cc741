"""The Android package's classes on the JVM: compiled with what stands in for Android and the runtimes, and run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from made_once import made_once

from edgekit.packaging.android import aar

JAVA = Path(__file__).parent / "java"
needs_java = pytest.mark.skipif(not (shutil.which("javac") and shutil.which("java")), reason="there is no JDK here")
# a compiler that lives for a second need neither be compiled well nor collect garbage
_SHORT_LIVED = ("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")
_LANGUAGE = ("--release", "8", "-encoding", "UTF-8", "-Xlint:all,-options", "-Werror")
Run = Callable[..., tuple[int, str]]


def javac(target: Path, sources: Iterable[Path], *classpath: Path) -> Path:
    """Compile sources into the folder `target`; a warning is an error."""
    path = ":".join(map(str, classpath)) or target
    words = ["javac", *_SHORT_LIVED, *_LANGUAGE, "-d", target, "-cp", path, *sorted(sources)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-3000:]
    return target


def java_files(folder: Path) -> list[Path]:
    """The Java sources below a folder."""
    return list(folder.rglob("*.java"))


def runner_sources(problem_type: str) -> list[Path]:
    """`BundleRunner`, and what it says of the answers of packages for one problem type."""
    return [JAVA / "BundleRunner.java", JAVA / "answers" / problem_type / "Answer.java"]


def run_bundle(classes: Iterable[Path], folder: Path, *arguments: object) -> tuple[int, str]:
    """The exit code and the output of `BundleRunner` on a bundle, the runtimes behind the doubles."""
    child = [f"-Dchild.python={sys.executable}", f"-Dchild.program={JAVA / 'runtime_child.py'}"]
    words = ["java", *child, "-cp", ":".join(map(str, classes)), "BundleRunner", folder, *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and "Exception in" not in done.stderr, done.stderr[-3000:]
    return done.returncode, done.stdout


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The signatures of Android and of the runtimes, compiled."""
    return made_once(tmp_path_factory, "java-stubs", lambda folder: javac(folder, java_files(aar.STUBS)))


@pytest.fixture(scope="session")
def doubles(tmp_path_factory: pytest.TempPathFactory, stubs: Path) -> Path:
    """What stands in for the runtimes, compiled; before the signatures on the class path only Android's are left."""
    return made_once(
        tmp_path_factory, "java-doubles", lambda folder: javac(folder, java_files(JAVA / "doubles"), stubs)
    )
