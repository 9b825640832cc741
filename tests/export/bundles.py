"""Building bundles of the tiny classifiers for the tests of this folder, and asking them odd texts."""

from __future__ import annotations

import copy

import numpy as np
import torch
from tiny_checkpoint import TEXTS

from edgekit.agent.inference.classifier import open_classifier
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.export.bundle import build_bundle
from edgekit.export.format import format_named
from edgekit.export.lowering import resolve
from edgekit.export.source import Source
from edgekit.schema.resources import load_target
from edgekit.tasks import text_classification

PAIRS = [
    ("turn on the kitchen lights", "lights"),
    ("", "is it going to rain on sunday"),
    ("play some quiet music", ""),
    ("set an alarm 🔔", "早上七点 for seven " * 20),
    ("what is the weather " * 20, "in paris"),
]
# nothing, one token, characters of several bytes, scripts beside one another, as long as the limit and longer
ODD = [
    *("", "a", "🔔🥵", "明天 set 早上 alarm à sept heures в семь", "اضبط المنبه"),
    *("on " * count for count in (29, 30, 31, 90)),
]


def quantized(model, tokenizer, scheme, plan=None):
    own = copy.deepcopy(model)
    plan = plan or make_plan(own, scheme, TEXTS)
    return Source(own, tokenizer, "tiny", plan, apply_plan(own, plan), task=text_classification.TASK)


def build(source, folder, format="onnx", max_length=32, target="rpi4", lengths=None, golden=TEXTS):
    chosen = load_target(target)
    if lengths:
        chosen = chosen.model_copy(update={"lengths": lengths})
    folder.mkdir(parents=True)
    lowering = resolve(chosen, format, source.scheme).up_to(max_length)
    format_named(format).require(source.scheme)
    return build_bundle(source, lowering, chosen, folder, golden=golden)


def encoded(tokenizer, text, pair):
    """As a batch of one, for by itself an empty second text would be no pair to transformers."""
    row = [text] if pair is None else [(text, pair)]
    return tokenizer(row, truncation=True, max_length=32, return_tensors="pt")


def check_odd(folder, model, tokenizer):
    """Of a float file for up to 32 tokens: the logits of transformers, of the ids that its tokenizer gives."""
    classifier = open_classifier(folder)
    lengths = set()
    for text, pair in [*((text, None) for text in ODD), *PAIRS, *((text, TEXTS[0]) for text in ODD)]:
        batch = encoded(tokenizer, text, pair)
        lengths.add(batch["input_ids"].shape[1])
        with torch.inference_mode():
            wanted = model(**batch).logits[0].numpy()
        np.testing.assert_allclose(classifier.classify(text, pair).logits, wanted, atol=1e-4, rtol=1e-4)
    assert {2, 31, 32} <= lengths
