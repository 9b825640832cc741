"""The parts that edgekit is installed in, and the one command that adds a part which is missing."""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from edgekit.errors import UsageError

# what edgekit is called where packages are installed from: `edgekit` there is another project
DISTRIBUTION = "edgekit-deploy"
REPOSITORY = "https://github.com/edgekit-deploy/edgekit"

# that one, which would lie among the files of this one
FOREIGN = "edgekit"


@dataclass(frozen=True)
class Extra:
    """An extra of pyproject.toml. modules: what it brings that the base does without; purpose: what needs them"""

    modules: tuple[str, ...]
    purpose: str


EXTRAS = {
    "train": Extra(
        ("accelerate", "datasets", "onnx", "onnx_ir", "onnxscript", "optimum", "pyarrow", "torch", "transformers"),
        "training, compression and the export to ONNX",
    ),
    "tflite": Extra(("flatbuffers", "jax", "litert_torch"), "the export to TFLite"),
    "litert": Extra(("ai_edge_litert",), "TFLite on this machine"),
    "adb": Extra(("adbutils",), "devices behind adb"),
}
# of the base, those whose release can change a result
BASE = ("numpy", "onnxruntime", "tokenizers", "safetensors")


def require_torch() -> None:
    """Raise `UsageError` where checkpoints cannot be opened: before one is fetched from the hub."""
    for module in ("torch", "transformers"):
        if importlib.util.find_spec(module) is None:
            raise _missing(module, "train")


def missing_part(error: BaseException | None) -> UsageError | None:
    """The part whose absence an import failed for, told by it or by what was raised over it; None for all others."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            module = error.name.partition(".")[0]
            for name, extra in EXTRAS.items():
                if module in extra.modules and importlib.util.find_spec(module) is None:
                    return _missing(module, name)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def _missing(module: str, name: str) -> UsageError:
    return UsageError(
        f"{module} is not installed: it comes with [{name}], for {EXTRAS[name].purpose}", advice=install_command(name)
    )


def install_command(extra: str) -> str:
    """The `pip install` that adds an extra to this installation, from where that came."""
    python = shlex.quote(sys.executable or "python3")
    return f'{python} -m pip install "{DISTRIBUTION}[{extra}]{_origin()}"'


def base_requirement() -> str:
    """The base as another machine installs it: from the public address and commit that this one came from."""
    origin = _origin()
    return DISTRIBUTION + (origin if origin.startswith(" @ git+https://") else f" @ git+{REPOSITORY}")


def installed_version(package: str) -> str:
    """The version of an installed package, by the name that it is installed by; "" where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def tested_versions() -> dict[str, str]:
    """The versions that were tested together, by the name of the package; nothing where that set is not here."""
    here = Path(__file__).resolve().parent
    for path in (here / "shipped" / "constraints.txt", here.parent / "scripts" / "constraints.txt"):
        if path.is_file():
            lines = path.read_text("utf-8").splitlines()
            return {name.lower(): number for name, _, number in (line.partition("==") for line in lines) if number}
    return {}


def _origin() -> str:
    """The address of this installation as a requirement has it (PEP 610), or the repository's where it has none."""
    try:
        told = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    url, vcs = told.get("url"), told.get("vcs_info", {})
    if not url:
        return f" @ git+{REPOSITORY}"
    return f" @ {vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else f" @ {url}"
