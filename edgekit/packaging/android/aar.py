"""An AAR: Java sources compiled into a classes.jar, and zip archives whose large files can be mapped into memory.

The same content gives the same bytes.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from edgekit.errors import ToolError

STUBS = Path(__file__).parent / "stubs"
# what Android 7 runs without its tools rewriting anything
_RELEASE = "8"
_TIMEOUT_S = 300
# the earliest that a zip file can say
_DATE = (1980, 1, 1, 0, 0, 0)
_ALIGNMENT = 4
_HEADER_BYTES = 30
# an extra field that only fills: its id as zipalign writes it
_FILLER = b"\x35\xd9"


def find_javac() -> str | None:
    """The Java compiler, where there is one."""
    return shutil.which("javac")


def compile_classes(javac: str, sources: Path, jar: Path) -> None:
    """Compile the tree `sources` against the signatures of Android and of the runtimes, which are not packed.

    Raises `ToolError` with the compiler's first lines.
    """
    with tempfile.TemporaryDirectory(prefix="edgekit-classes-") as temporary:
        classes = Path(temporary) / "classes"
        run_javac(javac, sorted(sources.rglob("*.java")), classes, STUBS)
        manifest = classes / "META-INF/MANIFEST.MF"
        manifest.parent.mkdir()
        manifest.write_text("Manifest-Version: 1.0\n", encoding="utf-8")
        write_archive(classes, jar)


def run_javac(javac: str, sources: list[Path], classes: Path, signatures: Path) -> None:
    """Compile sources into the folder `classes`, against other sources, which are looked at and not compiled.

    Raises `ToolError` with the compiler's first lines.
    """
    classes.mkdir(parents=True)
    listed = classes.with_suffix(".sources")
    listed.write_text("".join(f'"{path.as_posix()}"\n' for path in sources), encoding="utf-8")
    command = [javac, "--release", _RELEASE, "-encoding", "UTF-8", "-proc:none", "-Xlint:-options", "-nowarn"]
    command += ["-sourcepath", str(signatures), "-implicit:none"]
    # a class path of its own, so that CLASSPATH is not looked at
    command += ["-cp", str(classes), "-d", str(classes), f"@{listed}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"javac cannot be run: {error}", advice="check the JDK, or take it off PATH") from error
    if done.returncode:
        lines = " / ".join(done.stderr.strip().splitlines()[:4])
        raise ToolError(f"javac failed: {lines}", advice="install JDK 11 to 21, or take javac off PATH")


def write_archive(folder: Path, archive: Path) -> None:
    """Pack all files below `folder`; those below `assets/` are stored as they are, each at a multiple of 4 bytes."""
    with archive.open("wb") as file, zipfile.ZipFile(file, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = _entry(path.relative_to(folder).as_posix(), file.tell())
                packed.writestr(entry, path.read_bytes())


def _entry(name: str, begins_at: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    if name.startswith("assets/"):
        entry.compress_type = zipfile.ZIP_STORED
        entry.extra = _filler(begins_at + _HEADER_BYTES + len(name.encode()))
    else:
        entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _filler(data_at: int) -> bytes:
    """An extra field after which data that would begin at `data_at` begins at a multiple of 4."""
    missing = -(data_at + len(_FILLER) + 2) % _ALIGNMENT
    return _FILLER + missing.to_bytes(2, "little") + b"\0" * missing
