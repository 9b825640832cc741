"""Building bundles of the tiny classifier for the tests of this folder."""

from __future__ import annotations

import copy

from tiny_checkpoint import TEXTS

from edgekit.compress.quantize import apply_plan, make_plan
from edgekit.export.bundle import Source, build_bundle
from edgekit.spec.shipped import load_target


def quantized(model, tokenizer, scheme, plan=None):
    own = copy.deepcopy(model)
    plan = plan or make_plan(own, scheme, TEXTS)
    return Source(own, tokenizer, "tiny", plan, apply_plan(own, plan))


def build(source, folder, format="onnx", max_length=32, target="rpi4", lengths=None, golden=TEXTS):
    chosen = load_target(target)
    if lengths:
        chosen = chosen.model_copy(update={"lengths": lengths})
    folder.mkdir(parents=True)
    return build_bundle(source, chosen, format, folder, max_length=max_length, golden_texts=golden)
