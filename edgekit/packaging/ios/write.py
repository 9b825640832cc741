"""Writing the Swift package: the templates filled in, and the bundle as a resource of them."""

from __future__ import annotations

from pathlib import Path

from edgekit.agent.inference.bundle import Bundle
from edgekit.errors import UsageError
from edgekit.packaging.contents import Added, added, copy_bundle, fill
from edgekit.packaging.example import usage
from edgekit.packaging.identity import Identity
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.model_kind import kind_of, readme_name
from edgekit.packaging.runtimes import APPLE
from edgekit.packaging.tried import wrapped

FORMATS = ("onnx",)
_TEMPLATES = Path(__file__).with_name("templates")
# one folder a problem type: what the logits of the package's model mean
_HEADS = Path(__file__).with_name("heads")
_README = Path(__file__).with_name("readme")
# modules that an app may import beside it, on file systems that take upper case for lower case
_TAKEN = {
    *("accelerate", "appkit", "combine", "coredata", "coreml", "cryptokit", "darwin", "dispatch", "foundation"),
    *("naturallanguage", "observation", "onnxruntime", "onnxruntimebindings", "os", "swift", "swiftdata", "swiftui"),
    *("testing", "uikit", "vision", "xctest"),
}
# as `Package.swift` has them
_MACHINES = "iOS 15, macOS 14"
_RUNTIME = f"ONNX Runtime for Apple systems, {APPLE.version} or newer"


# how the README's calls are written for a model of pairs of texts
_OF_PAIRS = {
    'classify("@@TEXT@@")': 'classify("@@TEXT@@", pair: "@@PAIR@@")',
    "takes a second text where the model compares two": "takes two texts, as the model takes no other",
}


def write(bundle: Bundle, identity: Identity, folder: Path) -> Added:
    """Fill `folder` with a Swift package for iOS 15 and macOS 14, and newer.

    Raises `UsageError` for the name of a module that Apple's systems or the runtime have.
    """
    if identity.pascal.lower() in _TAKEN:
        raise UsageError(
            f"a Swift package cannot be called {identity.name}: there is a module of that name",
            advice=f"another: --name {identity.name}-model",
        )
    kind = kind_of(bundle)
    use, example = usage(bundle, (_README / readme_name(bundle)).read_text(encoding="utf-8"), _OF_PAIRS)
    # the usage comes first: it has places to fill in of its own
    values = {
        "USAGE": use,
        **example,
        "REACHED": LabelCoverage.of(bundle).sentence,
        "TRIED": wrapped("ios"),
        "APPLE_PACKAGE": APPLE.package,
        "APPLE_RUNTIME": APPLE.version,
        "CLASS": kind.api_class,
        "OUTPUT": kind.outcome,
        "COMPARED": kind.compared,
        "PASCAL": identity.pascal,
        "NAME": identity.name,
        "VERSION": identity.version,
        "ID": identity.id,
    }
    for templates in (_TEMPLATES, _HEADS / bundle.head.problem_type):
        fill(templates, folder, values)
    sources = folder / "Sources"
    copy_bundle(bundle, sources / f"{identity.pascal}Core" / "Model")
    return added(bundle, sources, _RUNTIME, _MACHINES)
