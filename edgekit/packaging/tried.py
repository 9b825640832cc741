"""What of the packages was run where, and what never was: the READMEs of all of them, and edgekit's own, say it so."""

from __future__ import annotations

import textwrap

from edgekit.options.package_options import PlatformName
from edgekit.packaging.runtimes import NODE, REACT_NATIVE, WEB

TRIED: dict[PlatformName, str] = {
    "android": (
        "The Java code was compiled for Java 8 against the signatures of Android, of ONNX Runtime and of LiteRT, "
        "the Kotlin code with Kotlin 2.0 and 2.4. The tokenizer, the self-test, the coroutines and the sample were "
        "run on a desktop JVM against doubles of Android's classes and of the runtime. Never run: the build with "
        "Gradle, and anything on a phone."
    ),
    "ios": (
        "The sources were compiled with Swift 6.0 on Linux, with ONNX Runtime's C functions behind the names of its "
        "Swift package, and run there: classifiers and generators give what edgekit gives, the tokenizer gives the "
        "ids of Hugging Face `tokenizers` for every text of a corpus made to be hard. Never run: anything on a phone, "
        "a Mac or with Xcode, nor against Microsoft's Swift package itself, which is for Apple's systems alone."
    ),
    "web": (
        f"The golden cases were run in headless Chromium on {WEB}, in Node on {NODE}, and, in Hermes 0.12, as "
        "Metro's bundle with doubles of native modules. Never run: Firefox, Safari, anything on a phone, and the "
        f"native code of {REACT_NATIVE}."
    ),
    "linux": (
        "The service, its installer and its self-test were run on x86-64 Linux, and as ARM code on an emulated "
        "Raspberry Pi; systemd's unit was checked by `systemd-analyze`. Never run: a real board."
    ),
}


def wrapped(platform: PlatformName, width: int = 119) -> str:
    """What was run of a platform's package, in lines of a README."""
    return textwrap.fill(TRIED[platform], width, break_long_words=False, break_on_hyphens=False)
