"""Writing the Android package: sources for Gradle, and the AAR that a Maven repository serves."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

from edgekit.agent.inference.bundle import Bundle
from edgekit.errors import EdgekitWarning
from edgekit.packaging.android.aar import compile_classes, find_javac, write_archive
from edgekit.packaging.android.example import examples_of
from edgekit.packaging.android.maven import group_of, write_repository
from edgekit.packaging.contents import Added, added, copy_bundle, fill
from edgekit.packaging.example import usage
from edgekit.packaging.identity import Identity
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.model_kind import kind_of
from edgekit.packaging.runtimes import ANDROID, ANDROID_ABIS, BUILD_VALUES, MavenRuntime
from edgekit.packaging.tried import wrapped

FORMATS: tuple[str, ...] = ("onnx", "tflite")
MIN_SDK = 24
TEMPLATES = Path(__file__).parent / "templates"


def write(bundle: Bundle, identity: Identity, folder: Path) -> Added:
    """Fill `folder` with `module/`, `sample/`, `repository/` and what Gradle needs around them.

    Without a JDK the repository is left out, and an `EdgekitWarning` says so.
    Raises `ToolError` where the sources do not compile.
    """
    format = bundle.model.suffix[1:]
    runtime = ANDROID[format]
    values = _values(bundle, identity, runtime)
    for part in ("common", format, bundle.task, f"heads/{bundle.head.problem_type}"):
        fill(TEMPLATES / part, folder, values)
    shutil.copyfile(folder / "NOTICE", folder / "module/NOTICE")
    main = folder / "module/src/main"
    copy_bundle(bundle, main / "assets" / identity.name)
    with tempfile.TemporaryDirectory(prefix="edgekit-android-") as temporary:
        shipped = Path(temporary) / "aar"
        shutil.copytree(main / "assets", shipped / "assets")
        if _add_code(folder, shipped, values):
            archive = Path(temporary) / "archive.aar"
            write_archive(shipped, archive)
            write_repository(
                folder / "repository", archive, identity, runtime.group, runtime.artifact, runtime.version
            )
        return added(bundle, shipped, runtime.coordinates, f"Android 7, {', '.join(ANDROID_ABIS)}")


def _add_code(folder: Path, shipped: Path, values: dict[str, str]) -> bool:
    """Add what an AAR has beside its assets; whether it could be compiled. Else the sources stand for the code."""
    main = folder / "module/src/main"
    javac = find_javac()
    if javac is None:
        warnings.warn(
            "there is no javac here: the Android package has its Gradle module and no AAR; install a JDK for one",
            EdgekitWarning,
            stacklevel=3,
        )
        shutil.copytree(main / "java", shipped / "java")
        return False
    compile_classes(javac, main / "java", shipped / "classes.jar")
    fill(TEMPLATES / "aar", shipped, values)
    shutil.copyfile(folder / "module/consumer-rules.pro", shipped / "proguard.txt")
    shutil.copyfile(folder / "NOTICE", shipped / "NOTICE")
    return True


# how the README's functions are written for a model of pairs of texts
_OF_PAIRS = {
    "(String text)": "(String text, String pair)",
    "classify(text)": "classify(text, pair)",
    "(text: String)": "(text: String, pair: String)",
    "predict(text)": "predict(text, pair)",
    '"@@TEXT@@"': '"@@TEXT@@" and "@@PAIR@@"',
}


def _values(bundle: Bundle, identity: Identity, runtime: MavenRuntime) -> dict[str, str]:
    kind = kind_of(bundle)
    use, example = usage(bundle, examples_of(bundle), _OF_PAIRS)
    # the usage comes first: it has places to fill in of its own
    return {
        "EXAMPLES": use,
        **example,
        "REACHED": LabelCoverage.of(bundle).sentence,
        **BUILD_VALUES,
        "TRIED": wrapped("android"),
        "NOUN": kind.noun,
        "OUTPUT": kind.outcome,
        "ID": identity.id,
        "PATH": identity.id.replace(".", "/"),
        "GROUP": group_of(identity),
        "NAME": identity.name,
        "PASCAL": identity.pascal,
        "VERSION": identity.version,
        "MIN_SDK": str(MIN_SDK),
        "RUNTIME": runtime.name,
        "RUNTIME_VERSION": runtime.version,
        "RUNTIME_LICENCE": runtime.licence,
        "RUNTIME_COORDINATES": runtime.coordinates,
        "RUNTIME_PACKAGE": runtime.java_package,
    }
