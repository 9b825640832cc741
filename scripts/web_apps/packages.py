"""The packed npm packages that the apps install: `smart-home`, a tiny classifier, and `story`, a tiny decoder."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import write
from web_apps.tools import CACHE, run

sys.path.append(str(Path(__file__).parents[2] / "tests"))

CLASSIFIER, DECODER = "smart-home", "story"


@dataclass(frozen=True)
class Packages:
    """Tarballs by the name of their package, and what the classifier makes of the text that every app gives it."""

    tarballs: dict[str, Path]
    text: str
    label: str


def make_packages() -> Packages:
    """Make both bundles, their packages and their tarballs, which stay in the cache."""
    from tiny_bundle import make_bundle  # type: ignore[import-not-found]

    with TemporaryDirectory() as name:
        folder = Path(name)
        bundles = {CLASSIFIER: make_bundle(folder / "classifier", "onnx"), DECODER: _decoder_bundle(folder)}
        golden = (bundles[CLASSIFIER] / "golden.jsonl").read_text(encoding="utf-8").splitlines()
        case = json.loads(golden[0])
        return Packages(
            {name: _packed(name, bundle, folder) for name, bundle in bundles.items()}, case["text"], case["label"]
        )


def _decoder_bundle(folder: Path) -> Path:
    from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2  # type: ignore[import-not-found]

    from edgekit.flows.export import export
    from edgekit.models.library_logs import drop_known_warnings
    from edgekit.options.export_options import ExportOptions

    drop_known_warnings()
    tokenizer = byte_level_bpe()
    checkpoint = save_decoder(tiny_gpt2(tokenizer), tokenizer, folder / "checkpoint")
    return export(checkpoint, folder / "decoder", ExportOptions(target="rpi5", format="onnx", scheme="float"))[0]


def _packed(name: str, bundle: Path, folder: Path) -> Path:
    """The tarball; its version says what is in it, so that npm never takes another for it."""
    package = folder / name
    package.mkdir()
    write(open_bundle(bundle), Identity(name=name, id="com.example.tiny"), package)
    version = f"1.0.{int(_content(package)[:7], 16)}"
    shutil.rmtree(package)
    package.mkdir()
    write(open_bundle(bundle), Identity(name=name, version=version, id="com.example.tiny"), package)
    kept = CACHE / "packages"
    kept.mkdir(parents=True, exist_ok=True)
    run(["npm", "pack", "--pack-destination", str(kept)], package)
    return kept / f"{name}-{version}.tgz"


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
