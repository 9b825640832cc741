"""The Android package's Kotlin: compiled by the real compilers, oldest and newest, and its coroutines run.

The compilers come from npm, with the coroutines library of the JVM in them.
"""

from __future__ import annotations

import re
import subprocess

import pytest
from java_programs import JAVA, java_words, needs_java
from web import npm

# a compiler takes 20 seconds
pytestmark = [needs_java, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def kotlin(android_packages, android_classes, tmp_path_factory):
    """Runs the coroutines of a package, with its README's Kotlin, as a version of the compiler compiles them."""

    def run(version, kind, target):
        try:
            libraries = npm.fetched("kotlin", (f"kotlin-compiler@{version}",)) / "kotlin-compiler" / "lib"
        except npm.Missing as missing:
            pytest.skip(str(missing))
        package, _ = android_packages[kind]
        folder = tmp_path_factory.mktemp("kotlin")
        paths = *android_classes(kind), libraries / "kotlin-stdlib.jar", libraries / "kotlinx-coroutines-core-jvm.jar"
        blocks = re.findall(r"```kotlin\n(.*?)```", (package / "README.md").read_text("utf-8"), re.DOTALL)
        (folder / "Readme.kt").write_text(next(block for block in blocks if "suspend" in block), "utf-8")
        sources = [*package.rglob("*.kt"), folder / "Readme.kt", _harness(folder, kind)]
        compiler = f"{libraries}/kotlin-compiler.jar:{libraries}/kotlin-stdlib.jar"
        words = ["java", "-cp", compiler, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect"]
        words += ["-Werror", "-jvm-target", target, "-cp", ":".join(map(str, paths)), "-d", folder / "kotlin"]
        done = subprocess.run([*words, *sources], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        task = "text-generation" if kind == "decoder" else "text-classification"
        command = java_words((*paths, folder / "kotlin"), "CoroutinesKt", task, package / "module/src/main/assets")
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    return run


def _harness(folder, kind):
    """The cases without those of the other task, whose README is not there."""
    text = (JAVA.parent / "kotlin/Coroutines.kt").read_text("utf-8")
    other = "provenClassifier(Activity()" if kind == "decoder" else "provenGenerator(Activity()"
    lines = [line for line in text.splitlines() if other not in line]
    (folder / "Coroutines.kt").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "Coroutines.kt"


@pytest.mark.parametrize(("version", "target"), [("2.0.21", "1.8"), ("2.4.20", "11")])
@pytest.mark.parametrize("kind", ["onnx", "decoder"])
def test_coroutines_run_from_the_main_thread(kotlin, version, target, kind):
    done = kotlin(version, kind, target)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.endswith("ok\n"), done.stderr[-3000:]
