"""Writing the web package: an npm package of JavaScript modules with types, the bundle, and a page to try it."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from pathlib import Path
from urllib.parse import quote

from edgekit.agent.inference.bundle import GOLDEN, TOKENIZER, Bundle
from edgekit.bundle.manifest import MANIFEST_FILE, Manifest
from edgekit.packaging.contents import Added, copy_bundle, fill
from edgekit.packaging.example import example_values, pair_values
from edgekit.packaging.identity import Identity
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.model_kind import kind_of
from edgekit.packaging.runtimes import NODE, REACT_NATIVE, WASM_GZIP_MB, WASM_MB, WEB
from edgekit.packaging.tried import wrapped
from edgekit.packaging.web.answers import title_of, values_of
from edgekit.packaging.web.commonjs import write_commonjs
from edgekit.packaging.web.react_native import write_assets
from edgekit.tasks.problem_type import REGRESSION

FORMATS = ("onnx",)
WEB_RUNTIME, NODE_RUNTIME, REACT_NATIVE_RUNTIME = (each.version for each in (WEB, NODE, REACT_NATIVE))
REACT_NATIVE_TRIED = "React Native's Metro settings and Babel preset 0.83 and 0.88, Expo's 58"
# what an app takes over; the page to try it and what a person reads stay behind
_SHIPPED = ("bundle", "lib")
_HERE = Path(__file__).parent
_MAYBE_PAIRS = (
    "A model that was trained on pairs takes the second text as well, `classify(text, pair)`, and cuts the longer."
)
# of a README's lines
_WIDTH = 119


def write(bundle: Bundle, identity: Identity, folder: Path) -> Added:
    """Fill `folder` with the npm package `identity.name`; `npm pack` there makes its tarball."""
    manifest = Manifest.of_checked(bundle.manifest, str(bundle.folder / MANIFEST_FILE))
    copy_bundle(bundle, folder / "bundle")
    values = (
        _values(manifest, identity, kind_of(bundle).api_class)
        | _told(manifest, bundle)
        | {"ASSETS": write_assets(folder, manifest.model_file)}
    )
    fill(_HERE / "templates", folder, values)
    write_commonjs(folder / "lib", "node.js", folder / "cjs")
    # a file of types is of the kind of its module
    shutil.copyfile(folder / "index.d.ts", folder / "index.d.cts")
    weighed = _weighed(bundle, folder)
    readmes = [_HERE / "readme" / name for name in (f"{manifest.task}.md", "platforms.md")]
    text = "".join(path.read_text(encoding="utf-8") for path in readmes)
    for part in ("worker", "frameworks"):
        text = text.replace(f"@@{part.upper()}@@", (_HERE / "readme" / f"{part}.md").read_text(encoding="utf-8"))
    for key, value in (values | {"MB": f"{weighed.total / 1e6:.3g}"}).items():
        text = text.replace(f"@@{key}@@", value)
    (folder / "README.md").write_text(_rewrapped(text), encoding="utf-8")
    return weighed


def _values(manifest: Manifest, identity: Identity, api_class: str) -> dict[str, str]:
    facts = f"{manifest.parameters:,} parameters, {manifest.scheme}"
    summary = f"{title_of(manifest)}, {facts}"
    read = (MANIFEST_FILE, TOKENIZER, manifest.model_file, GOLDEN)
    # what it answers comes first: it has places to fill in of its own
    return values_of(manifest) | {
        "NAME": identity.name,
        "VERSION": identity.version,
        "SUMMARY": summary,
        # the noun before it says the rest
        "FACTS": f"{len(manifest.labels)} labels, {facts}"
        if manifest.labels and manifest.head != REGRESSION
        else facts,
        "FILES": "\n".join(f"  {json.dumps(name)}: () => {_address(name)}," for name in read),
        "TRACED": "\n".join(f"  {_address(name)}," for name in read),
        # the inside of a JSON string
        "DESCRIPTION": json.dumps(summary)[1:-1],
        "CLASS": api_class,
        "MAX_LENGTH": str(manifest.max_length),
        "WEB_RUNTIME": WEB_RUNTIME,
        "WASM_MB": str(WASM_MB),
        "WASM_GZIP_MB": str(WASM_GZIP_MB),
        "NODE_RUNTIME": NODE_RUNTIME,
        "REACT_NATIVE_RUNTIME": REACT_NATIVE_RUNTIME,
        "REACT_NATIVE_TRIED": REACT_NATIVE_TRIED,
        "TRIED": wrapped("web"),
    }


def _told(manifest: Manifest, bundle: Bundle) -> dict[str, str]:
    """What the README says by the golden texts: an example, of a pair where there are such, and what they reach."""
    pair = pair_values(bundle)
    use = values_of(manifest)["USE"]
    if pair:
        use = use.replace('classify("@@TEXT@@")', 'classify("@@TEXT@@", "@@PAIR@@")')
    pairs = "Of a pair the longer text is cut first." if pair else _MAYBE_PAIRS if manifest.pairs else ""
    return {"USE": use, "PAIRS": pairs, "REACHED": LabelCoverage.of(bundle).sentence} | example_values(bundle) | pair


def _rewrapped(markdown: str) -> str:
    """Markdown whose paragraphs, filled in by now, have lines of one width; code stays as it is."""
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"[^\n]+(\n[^\n]+)*", lambda paragraph: _filled(paragraph[0]), parts[place])
    return "".join(parts)


def _filled(paragraph: str) -> str:
    # a piece of code stays on its line
    words = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), " ".join(paragraph.split()))
    return textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def _address(name: str) -> str:
    """JavaScript that makes the address of a file of the bundle, in the words that bundlers know."""
    return f"new URL({json.dumps(f'../bundle/{quote(name)}')}, import.meta.url)"


def _weighed(bundle: Bundle, folder: Path) -> Added:
    files = [path for name in _SHIPPED for path in (folder / name).rglob("*") if path.is_file()]
    model, tokenizer = bundle.model.stat().st_size, bundle.tokenizer.stat().st_size
    total = sum(path.stat().st_size for path in files)
    return Added(model, tokenizer, total - model - tokenizer, str(WEB), "browsers, Node, React Native")
