"""Writing the Linux package: one tarball with everything that a device needs, and what a person reads beside it."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from edgekit.agent.inference.bundle import Bundle
from edgekit.bundle.manifest import MANIFEST_FILE, Manifest
from edgekit.errors import UsageError
from edgekit.io.hashing import file_sha256
from edgekit.packaging.contents import Added, added, copy_bundle, fill
from edgekit.packaging.example import usage
from edgekit.packaging.identity import Identity
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.linux.wheels import Wheels, fetch, licence_of, modules_of, python_of
from edgekit.packaging.model_kind import readme_name
from edgekit.packaging.tried import wrapped
from edgekit.schema.runtime_ref import RuntimeRef
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION

FORMATS = ("onnx", "tflite")
# the folders of the agent that run a bundle; the others measure
_AGENT_FOLDERS = ("inference", "runtimes")
# what a runtime must know of the processor
_OF_THE_MACHINE = ("machine/__init__", "machine/cpu")
# the modules beside them that answer a host
_FOR_A_HOST = {"__main__", "server"}
# what of edgekit goes on the device, under its own names
_MODULES = (
    "__init__",
    "version",
    "devices/__init__",
    "devices/on_device/__init__",
    "devices/on_device/runtimes",
    "io/__init__",
    "io/printable",
    "packaging/__init__",
    "packaging/linux/__init__",
    "packaging/linux/on_device/__init__",
    "packaging/linux/on_device/service_paths",
    "packaging/linux/on_device/service_python",
)
_TEMPLATES = Path(__file__).with_name("templates")
# where a golden case ends, and what of it may differ
_ANSWER = ("label or next tokens", "label")
_ANSWERS: dict[str, tuple[str, str]] = {MULTI_LABEL: ("labels", "list of labels"), REGRESSION: ("number", "number")}
# Python, its libraries, a tokenizer and the arrays of a run, beside the weights, which some runtimes hold twice
_BASE_MB, _WEIGHTS = 400, 4
# 1980-01-01, the first that every archive format knows
_DATE = 315_532_800
_COMPRESSION = 6


def write(
    bundle: Bundle,
    identity: Identity,
    folder: Path,
    *,
    arch: str | None = None,
    python: str = "3.11",
    wheels: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Added:
    """Fill `folder` with `NAME-VERSION-linux-ARCH.tar.gz`, its sha256, and its README.

    arch:   of the device; None takes that of the target that the bundle was made for
    python: of the device: 3.11 is that of Raspberry Pi OS and Debian 12
    wheels: whether the package brings the runtime, for a device without internet; else its Python must have it
    tell:   is told what is being fetched
    Raises `UsageError` for a device that nothing is made for, `ToolError` when wheels cannot be fetched.
    """
    manifest = Manifest.of_checked(bundle.manifest, str(bundle.folder / MANIFEST_FILE))
    machine = arch or manifest.target_facts.arch
    facts = python_of(machine, python)
    if wheels and manifest.target_facts.libc == "musl":
        raise UsageError(
            f"target {manifest.target} has musl, and the runtimes have wheels for glibc alone",
            advice="use a system with glibc: Raspberry Pi OS, Debian, Ubuntu",
        )
    runtime = RuntimeRef.from_text(manifest.runtime)
    brought = fetch(runtime, facts, tell) if wheels else Wheels((), modules_of(runtime))
    stem = f"{identity.name}-{identity.version}"
    archive = folder / f"{stem}-linux-{machine}.tar.gz"
    with tempfile.TemporaryDirectory(prefix="edgekit-linux-") as temporary:
        staged = Path(temporary)
        copy_bundle(bundle, staged / "bundle")
        _copy_code(staged)
        values = _values(bundle, identity, machine, python, brought)
        fill(_TEMPLATES, staged, values)
        weighed = added(bundle, staged, _runtime(manifest, brought), _machines(machine, python, brought))
        files = {path.relative_to(staged).as_posix(): path for path in staged.rglob("*") if path.is_file()}
        files |= {f"wheels/{each.path.name}": each.path for each in brought.archives}
        described = staged / "package.json"
        described.write_text(_described(bundle, manifest, identity, machine, python, brought, files), encoding="utf-8")
        _write_tarball(archive, stem, files | {described.name: described})
        shutil.copyfile(staged / "README.md", folder / "README.md")
    line = f"{file_sha256(archive)}  {archive.name}\n"
    (folder / f"{archive.name}.sha256").write_text(line, encoding="ascii")
    return replace(weighed, brings=_versions(brought))


def agent_modules() -> list[str]:
    """The modules of the agent that the service needs, as `inference/bundle`."""
    agent = Path(str(resources.files("edgekit"))) / "agent"
    own = [path.stem for path in agent.glob("*.py") if path.stem not in _FOR_A_HOST]
    own += [f"{name}/{path.stem}" for name in _AGENT_FOLDERS for path in (agent / name).glob("*.py")]
    return sorted([*own, *_OF_THE_MACHINE])


def _copy_code(staged: Path) -> None:
    """Copy the service and the agent as they are, and the installer to where a person finds it."""
    source, app = Path(str(resources.files("edgekit"))), staged / "app"
    service = [path.relative_to(source).with_suffix("").as_posix() for path in (_here() / "service").glob("*.py")]
    for name in (*_MODULES, *(f"agent/{name}" for name in agent_modules()), *service):
        place = app / "edgekit" / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / f"{name}.py", place)
    shutil.copyfile(_here() / "on_device/run.py", app / "run.py")
    shutil.copyfile(_here() / "on_device/install.py", staged / "install.py")


def _here() -> Path:
    return Path(str(resources.files("edgekit"))) / "packaging/linux"


def _described(
    bundle: Bundle,
    manifest: Manifest,
    identity: Identity,
    arch: str,
    python: str,
    brought: Wheels,
    files: dict[str, Path],
) -> str:
    """`package.json`: what the installer checks, and what the service says of itself."""
    described: dict[str, Any] = {
        "name": identity.name,
        "version": identity.version,
        "id": identity.id,
        "task": bundle.task,
        "content_hash": bundle.content_hash,
        "threads": manifest.target_facts.threads,
        "arch": arch,
        "python": python,
        "wheels": [f"wheels/{each.path.name}" for each in brought.archives],
        "packages": _versions(brought),
        "modules": brought.modules,
        "files": {name: file_sha256(files[name]) for name in sorted(files)},
    }
    return json.dumps(described, indent=1) + "\n"


# how the README's calls are written for a model of pairs of texts
_OF_PAIRS = {
    '"text": "@@TEXT@@"': '"text": "@@TEXT@@", "pair": "@@PAIR@@"',
    '("@@TEXT@@")': '("@@TEXT@@", "@@PAIR@@")',
    "(text, pair=None,": "(text, pair,",
    "`pair` is the second text of a pair.": "`pair` is the second text: the model takes nothing but pairs.",
    '["one", ["two", "and its pair"]]': '[["one", "its pair"], ["two", "and its pair"]]',
}


def _values(bundle: Bundle, identity: Identity, arch: str, python: str, brought: Wheels) -> dict[str, str]:
    """What the templates take; the README says how this model is used."""
    head = bundle.head.problem_type
    use, example = usage(bundle, (_TEMPLATES.with_name("readme") / readme_name(bundle)).read_text("utf-8"), _OF_PAIRS)
    answer, found = _ANSWERS.get(head, _ANSWER)
    parts = [f"- {each.project} {each.version}: {licence_of(each)}" for each in brought.archives]
    return {
        "USE": use,
        **example,
        "REACHED": LabelCoverage.of(bundle).sentence,
        "TRIED": wrapped("linux"),
        "ANSWER": answer,
        "FOUND": found,
        "NAME": identity.name,
        "VERSION": identity.version,
        "ARCH": arch,
        "MEMORY": f"{_BASE_MB + _WEIGHTS * bundle.model.stat().st_size // 1_000_000}M",
        "LICENCES": "\n".join(parts) or "- none: the Python of the device brings them",
        "FETCH": _fetch_note(python, brought),
    }


def _versions(brought: Wheels) -> dict[str, str]:
    """The version of each project that is brought, by its name."""
    return {each.project: each.version for each in brought.archives}


def _fetch_note(python: str, brought: Wheels) -> str:
    if brought.archives:
        return f"It brings everything but Python {python}, so the device needs no internet."
    needed = " ".join(sorted({module.partition(".")[0].replace("_", "-") for module in brought.modules}))
    return f"It brings no wheels: the Python that installs it needs `pip install {needed}` first."


def _runtime(manifest: Manifest, brought: Wheels) -> str:
    """What is beside the bundle and the code."""
    if not brought.archives:
        return f"{manifest.runtime}, of the device's own Python"
    size = sum(each.path.stat().st_size for each in brought.archives)
    return f"{', '.join(f'{each.project} {each.version}' for each in brought.archives)}: {size / 1e6:.1f} MB of wheels"


def _machines(arch: str, python: str, brought: Wheels) -> str:
    """What it is for: wheels are of one processor and one Python, the code of the service of all."""
    return f"{arch}, Python {python}" if brought.archives else "all, Python 3.9 or newer"


def _write_tarball(path: Path, root: str, files: Mapping[str, Path]) -> None:
    """Write `.tar.gz`: files by their names below the folder `root`; what begins with #! can be executed.

    Its bytes follow from what is in it: names in order, no dates, no owners.
    """
    with (
        path.open("wb") as file,
        # no name and no date of its own in its header
        gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            with files[name].open("rb") as source:
                entry = tarfile.TarInfo(f"{root}/{name}")
                entry.size = files[name].stat().st_size
                entry.mtime = _DATE
                entry.mode = 0o755 if source.read(2) == b"#!" else 0o644
                source.seek(0)
                archive.addfile(entry, source)
