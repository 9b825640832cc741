"""The Android package between loading and closing: screens that go at any time, threads, models that are closed.

On doubles of Android's classes that enforce its rules: the main thread reads no file and loads no model, only it
touches views, and nobody does once their screen is gone. At the end of each case every model is closed, exactly once.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from java_programs import IDENTITY, java_words, needs_java
from tiny_bundle import rehash

pytestmark = needs_java

SCREEN = (
    "the screen works",
    "turned before the model is loaded",
    "turned while the model loads",
    "turned before the screen hears of its model",
    "turned while the self-test runs",
    "turned while a text is in work",
    "turned while texts wait",
    "turned before an answer is shown",
    "half a character is refused",
    "a long text is cut or refused",
    "a model that is not there",
    "pressed again while a text is in work",
)
MODEL = (
    "nothing is read after loading",
    "closed twice",
    "used after closing",
    "closed while a text is in work",
    "closed while its self-test runs",
)
CASES = {
    "onnx": ("the main thread does not load", *MODEL, "used and closed by many threads", *SCREEN),
    "decoder": (
        *MODEL,
        "another text ends one",
        "another text ends one in work",
        "a self-test ends a text",
        "a refused prompt ends no text",
        "a text that has ended stays ended",
        *SCREEN,
    ),
}


@pytest.fixture(scope="module")
def outcomes(android_packages, android_classes, tmp_path_factory):
    """What came of each case of a package, and what was written beside it; all of them in one program."""
    found = {}

    def outcome(kind):
        if kind not in found:
            package, _ = android_packages[kind]
            task = "text-generation" if kind == "decoder" else "text-classification"
            assets = tmp_path_factory.mktemp("app") / "assets"
            shutil.copytree(package / "module/src/main/assets", assets)
            # each screen runs all golden cases
            golden = assets / IDENTITY.name / "golden.jsonl"
            golden.write_text("".join(golden.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
            rehash(golden.parent)
            words = java_words(android_classes(kind), "Cases", task, assets)
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
            assert done.returncode == 0, done.stderr[-3000:]
            found[kind] = dict(line.split("\t", 1) for line in done.stdout.splitlines()), done.stderr
        return found[kind]

    return outcome


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind, cases in CASES.items() for case in cases])
def test_a_model_outlives_its_screen_and_no_longer(outcomes, kind, case):
    cases, errors = outcomes(kind)
    assert cases[case] == "ok", errors[-6000:]


@pytest.mark.parametrize("kind", list(CASES))
def test_every_case_is_named_here(outcomes, kind):
    assert tuple(outcomes(kind)[0]) == CASES[kind]


def test_a_load_writes_nothing_into_the_log(outcomes):
    """Of a decoder's optional input, which has a value of its own, every load would warn."""
    cases, errors = outcomes("decoder")
    assert "logits_to_keep" not in errors
    assert len(cases) == len(CASES["decoder"])
