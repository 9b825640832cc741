"""The Android package's classes on the JVM: compiled with what stands in for Android and the runtimes, and run."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from made_once import made_once
from tiny_bundle import make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.android import aar
from edgekit.packaging.android.write import write
from edgekit.packaging.contents import Added
from edgekit.packaging.identity import Identity

JAVA = Path(__file__).parent / "java"
IDENTITY = Identity(name="smart-home", version="1.2.0", id="com.example.app")
needs_java = pytest.mark.skipif(not (shutil.which("javac") and shutil.which("java")), reason="there is no JDK here")
# a compiler that lives for a second need neither be compiled well nor collect garbage
_SHORT_LIVED = ("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")
_LANGUAGE = ("--release", "8", "-encoding", "UTF-8", "-Xlint:all,-options", "-Werror")
# in which the doubles run the model files
_CHILD = (f"-Dchild.python={sys.executable}", f"-Dchild.program={JAVA / 'runtime_child.py'}")


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


def java_words(classes: Iterable[Path], program: str, *arguments: object) -> list[str]:
    """A command that runs a class, the runtimes behind the doubles."""
    return ["java", *_CHILD, "-cp", ":".join(map(str, classes)), program, *map(str, arguments)]


def runner_sources(problem_type: str) -> list[Path]:
    """`BundleRunner`, and what it says of the answers of packages for one problem type."""
    return [JAVA / "BundleRunner.java", JAVA / "answers" / problem_type / "Answer.java"]


def compiled(package: Path, folder: Path, problem_type: str, *signatures: Path) -> tuple[Path, ...]:
    """The class path of a package's AAR with `BundleRunner`; its sample and its README's Java compile too.

    folder: a new one
    signatures: of what is not in the package, the first ones first
    """
    jar = jar_of(package, folder / "jar")
    sources = [*runner_sources(problem_type), *java_files(package / "sample")]
    sources += [readme_example(package, folder), *java_files(JAVA / "lifecycle")]
    (folder / "classes").mkdir()
    return *signatures, jar, javac(folder / "classes", sources, *signatures, jar)


def jar_of(package: Path, folder: Path) -> Path:
    """The classes of a package's AAR."""
    (aar,) = package.rglob("*.aar")
    with zipfile.ZipFile(aar) as archive:
        return Path(archive.extract("classes.jar", folder))


def readme_example(package: Path, folder: Path) -> Path:
    """The Java of a package's README."""
    (block,) = re.findall(r"```java\n(.*?)```", (package / "README.md").read_text("utf-8"), re.DOTALL)
    (folder / "Example.java").write_text(block, "utf-8")
    return folder / "Example.java"


def kotlin_errors(text: str) -> bool:
    """Whether a grammar of Kotlin finds errors in it: its compilers take 20 seconds. Skips the test without one."""
    grammar = pytest.importorskip("tree_sitter_kotlin")
    tree_sitter = pytest.importorskip("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    return bool(parser.parse(text.encode()).root_node.has_error)


class BundleRunner:
    """A program that runs bundles one after the other; what went wrong in it otherwise is in the file `errors`."""

    def __init__(self, classes: Iterable[Path], folder: Path) -> None:
        self.errors = folder / "errors.txt"
        words = java_words(classes, "BundleRunner")
        with self.errors.open("w") as errors:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=errors, text=True)

    def run(self, folder: Path, *arguments: object) -> tuple[int, str]:
        """The exit code and the output of a command on a bundle."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(word) for word in (folder, *arguments)]) + "\n")
        process.stdin.flush()
        code = process.stdout.readline()
        assert code, self.errors.read_text("utf-8")[-3000:]
        return int(code), base64.b64decode(process.stdout.readline()).decode()

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


class BundleRunners:
    """One program a package, started when it is asked for.

    classes: the class path of a package by its name
    """

    def __init__(self, factory: pytest.TempPathFactory, classes: Callable[[str], tuple[Path, ...]]) -> None:
        self._factory, self._classes = factory, classes
        self.started: dict[str, BundleRunner] = {}

    def __call__(self, package: str, folder: Path, *arguments: object) -> tuple[int, str]:
        """The exit code and the output of a command on a bundle, by the classes of a package."""
        if package not in self.started:
            self.started[package] = BundleRunner(self._classes(package), self._factory.mktemp("runner"))
        return self.started[package].run(folder, *arguments)

    def close(self) -> None:
        """End all programs."""
        for runner in self.started.values():
            runner.close()


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The signatures of Android and of the runtimes, compiled."""
    return made_once(tmp_path_factory, "java-stubs", lambda folder: javac(folder, java_files(aar.STUBS)))


@pytest.fixture(scope="session")
def doubles(tmp_path_factory: pytest.TempPathFactory, stubs: Path) -> Path:
    """What stands in for Android and the runtimes, compiled; it runs where it comes before the signatures."""
    return made_once(
        tmp_path_factory, "java-doubles", lambda folder: javac(folder, java_files(JAVA / "doubles"), stubs)
    )


@pytest.fixture(scope="session")
def android_bundles(tmp_path_factory: pytest.TempPathFactory, decoder_bundles: dict[str, Path]) -> dict[str, Path]:
    """Bundles that nothing may be written into: a tiny classifier in both formats, a tiny decoder."""

    def make(root: Path) -> dict[str, Path]:
        return {format: make_bundle(root / format, format) for format in ("onnx", "tflite")}

    return made_once(tmp_path_factory, "android-bundles", make) | {"decoder": decoder_bundles["llama"]}


@pytest.fixture(scope="session")
def android_packages(
    tmp_path_factory: pytest.TempPathFactory, android_bundles: dict[str, Path]
) -> dict[str, tuple[Path, Added]]:
    """The package of each of these bundles, and what it says it adds to an app."""

    def make(root: Path) -> dict[str, tuple[Path, Added]]:
        made = {}
        for name, folder in android_bundles.items():
            (root / name).mkdir()
            made[name] = root / name, write(open_bundle(folder), IDENTITY, root / name)
        return made

    return made_once(tmp_path_factory, "android-packages", make)


@pytest.fixture(scope="session")
def android_classes(
    android_packages: dict[str, tuple[Path, Added]],
    tmp_path_factory: pytest.TempPathFactory,
    doubles: Path,
    stubs: Path,
) -> Callable[[str], tuple[Path, ...]]:
    """The class path of each of these packages, compiled when it is asked for."""

    def classes(name: str) -> tuple[Path, ...]:
        package, _ = android_packages[name]
        return made_once(
            tmp_path_factory,
            f"android-classes-{name}",
            lambda folder: compiled(package, folder, "single_label_classification", doubles, stubs),
        )

    return classes


@pytest.fixture(scope="module")
def run(
    android_classes: Callable[[str], tuple[Path, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BundleRunners]:
    """Runs bundles with the classes of a package's AAR."""
    runners = BundleRunners(tmp_path_factory, android_classes)
    yield runners
    runners.close()
