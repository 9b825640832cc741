"""Which runtimes import here, each tried in a process of its own: an illegal instruction ends no more than that.

Tried are those of this Python itself, and those in each of edgekit's runtimes. Nothing is written.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

IMPORT_SECONDS = 120
# project by the module that is imported
MODULES = {
    "numpy": "numpy",
    "tokenizers": "tokenizers",
    "onnxruntime": "onnxruntime",
    "ai_edge_litert.interpreter": "ai-edge-litert",
    "tflite_runtime.interpreter": "tflite-runtime",
}
MOST_RUNTIMES = 20
MARK = "edgekit-version "
_CHILD = """
import importlib, sys
from importlib.metadata import PackageNotFoundError, version
module = importlib.import_module(sys.argv[1])
try:
    found = version(sys.argv[2])
except PackageNotFoundError:
    found = getattr(module, "__version__", "unknown")
print("\\n" + sys.argv[3] + str(found))
"""


def main(request: dict[str, Any]) -> dict[str, Any]:
    """What imports, by the runtime's folder; the first, without a name, is this Python's own."""
    folder = Path(request["home"]) / "runtimes"
    names = sorted(path.parent.name for path in folder.glob("*/runtime.json"))[:MOST_RUNTIMES]
    own = {"runtime": None, "modules": _tried(None)}
    return {"places": [own] + [{"runtime": name, "modules": _tried(folder / name)} for name in names]}


def _tried(place: Path | None) -> dict[str, Any]:
    """What each module that is there gives: in `place`, or (None) wherever this Python looks."""
    path = None if place is None else [str(place)]
    there = [module for module in MODULES if importlib.machinery.PathFinder.find_spec(module.partition(".")[0], path)]
    return {MODULES[module]: _import(module, place) for module in there}


def _import(module: str, place: Path | None) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "ORT_DISABLE_TELEMETRY": "1"}
    if place is not None:
        environment["PYTHONPATH"] = str(place)
    command = [sys.executable, "-c", _CHILD, module, MODULES[module], MARK]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"message": f"importing it took more than {IMPORT_SECONDS} s"}
    if done.returncode < 0:
        return {"signal": -done.returncode}
    lines = done.stdout.decode(errors="replace").splitlines()
    if done.returncode == 0 and lines and lines[-1].startswith(MARK):
        return {"version": lines[-1][len(MARK) :].strip()[:100]}
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    return {"message": said[-1].strip()[:500] if said else f"exit status {done.returncode}"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
