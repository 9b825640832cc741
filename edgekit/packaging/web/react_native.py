"""The files of a bundle as assets for React Native: Metro ships `.json` as modules, never as files."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from edgekit.agent.inference.bundle import GOLDEN, TOKENIZER
from edgekit.bundle.manifest import MANIFEST_FILE

# what an app's Metro is told to ship as a file, beside .onnx: in the program GPT-2's tokenizer.json would take 3.1 MB
# instead of 1.6, as Hermes keeps such strings in UTF-16, and JavaScript would have to hash it
EXTENSION = "edgekit"
FOLDER = "assets"


def write_assets(package: Path, model_file: str) -> str:
    """Copy what Metro would not ship as a file, and give the lines of a JavaScript object: an asset for each file.

    Each has its module's number, as Metro gives it, and its hashes: the one of the manifest, and the one that Expo
    computes natively.
    """
    (package / FOLDER).mkdir()
    lines = []
    for name in (MANIFEST_FILE, TOKENIZER, model_file, GOLDEN):
        source = package / "bundle" / name
        place = source
        if name != model_file:
            place = package / FOLDER / f"{Path(name).stem}.{EXTENSION}"
            shutil.copyfile(source, place)
        content = source.read_bytes()
        required = f"require({json.dumps(f'../{place.relative_to(package).as_posix()}')})"
        hashes = {
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        written = ", ".join(f"{key}: {json.dumps(value)}" for key, value in hashes.items())
        lines.append(f"  {json.dumps(name)}: {{ module: {required}, {written} }},")
    return "\n".join(lines)
