"""The parts that edgekit is installed in, and the one command that adds a part which is missing."""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution

from edgekit.errors import UsageError

# what edgekit is called where packages are installed from: `edgekit` there is another project
DISTRIBUTION = "edgekit-deploy"
REPOSITORY = "https://github.com/edgekit-deploy/edgekit"

# the extra of pyproject.toml that brings a module which the base does without
_EXTRAS = {
    "train": (
        "accelerate",
        "datasets",
        "onnx",
        "onnx_ir",
        "onnxscript",
        "optimum",
        "pyarrow",
        "torch",
        "transformers",
    ),
    "tflite": ("flatbuffers", "jax", "litert_torch"),
    "litert": ("ai_edge_litert",),
    "adb": ("adbutils",),
}
_BRINGS = {
    "train": "training, compression and the export to ONNX",
    "tflite": "the export to TFLite",
    "litert": "TFLite on this machine",
    "adb": "devices behind adb",
}


def missing_part(error: BaseException | None) -> UsageError | None:
    """The part whose absence an import failed for, told by it or by what was raised over it; None for all others."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            module = error.name.partition(".")[0]
            for extra, modules in _EXTRAS.items():
                if module in modules and importlib.util.find_spec(module) is None:
                    return UsageError(
                        f"{module} is not installed: it comes with [{extra}], for {_BRINGS[extra]}",
                        advice=install_command(extra),
                    )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def install_command(extra: str) -> str:
    """The `pip install` that adds an extra to this installation, from where that came."""
    python = shlex.quote(sys.executable or "python3")
    return f'{python} -m pip install "{DISTRIBUTION}[{extra}]{_origin()}"'


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
