"""Rows in any script with the labels of tiny bundles, and `edgekit evaluate` on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tiny_bundle
from click.testing import CliRunner
from tiny_bundle import golden_rows, make_bundle, reference_ids, reference_logits, seal, write_golden

from edgekit.cli import cli

LABELS = ("打开灯", "باب", "🌡️ warm")
NASTY = (
    '=HYPERLINK("http://x";"light")',
    '"the light',
    "@SUM(1) open\tthe door\nnow\r",
    "  +1 kitchen",
    "＝lock 门",
    "back\\nslash light",
    "line\u2028end fan",
    "افتح الباب door",
    "🔥 warmer please",
    "turn on the light\r",
    "-",
)
WORDS = ("turn", "off", "the", "light", "fan", "door", "lock", "open", "close", "warmer", "colder", "kitchen", "now")


def texts():
    generator = np.random.default_rng(3)
    return [*NASTY, *(" ".join(generator.choice(WORDS, generator.integers(1, 9))) for _ in range(80))]


def given_to(text, labels=LABELS):
    """What a tiny bundle says, worked out without it."""
    return labels[int(reference_logits(reference_ids(text)[:32]).argmax())]


def labelled():
    """Texts and labels, of which a tiny bundle gets about 7 of 10 right."""
    generator = np.random.default_rng(4)
    wanted = [given_to(text) if generator.random() < 0.7 else str(generator.choice(LABELS)) for text in texts()]
    return list(zip(texts(), wanted, strict=True))


def write_rows(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    return path


def bundle_of(folder: Path, labels=LABELS, format="onnx") -> Path:
    """A tiny bundle with labels of its own."""
    make_bundle(folder, format)
    named = dict(zip(tiny_bundle.LABELS, labels, strict=True))
    write_golden(folder, [row | {"label": named[row["label"]]} for row in golden_rows()])
    return seal(folder, labels=labels)


def run(*words):
    return CliRunner().invoke(cli, [str(word) for word in ("evaluate", *words)], standalone_mode=False)


def found_in(*words):
    result = run(*words, "--json")
    assert result.exception is None, result.exception
    return json.loads(result.stdout)
