"""Simulating a file in PyTorch: every hook is gone afterwards, however it ends."""

import contextlib

import pytest
from tiny_checkpoint import hooks, tiny_classifier, tiny_tokenizer

from edgekit.compress.quantization.quantize import make_plan
from edgekit.export.activation_range import ActivationRange
from edgekit.export.format import format_named
from edgekit.export.lowering import resolve
from edgekit.export.simulation import simulated
from edgekit.export.source import Source
from edgekit.models.checkpoint import load_decoder, open_checkpoint
from edgekit.models.encoder import parameter_names
from edgekit.models.registry import describe
from edgekit.schema.resources import load_target
from edgekit.tasks import text_classification, text_generation


def simulation(model, plan, format, task, ranges=None):
    source = Source(model, None, "tiny", plan, task=task)
    lowering = resolve(load_target("rpi4"), format, plan.scheme)
    return simulated(format_named(format).simulate(source, lowering, ranges or {}))


def fail_or_not(fails):
    return pytest.raises(RuntimeError) if fails else contextlib.nullcontext()


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_a_simulation_leaves_no_hook(format, fails):
    model = tiny_classifier(tiny_tokenizer())
    plan = make_plan(model, "int8-dynamic")
    with fail_or_not(fails), simulation(model, plan, format, text_classification.TASK):
        # six dense layers of each of two blocks, and the first of the head
        assert len(hooks(model)) == 13
        if fails:
            raise RuntimeError
    assert not hooks(model)


def test_a_simulation_that_cannot_begin_leaves_no_hook():
    model = tiny_classifier(tiny_tokenizer())
    plan = make_plan(model, "int8-static", calibration=["lights"])
    found = describe(model).dense()
    last = {parameter_names(model)[id(linear.weight)] for linear in found} - {"classifier.weight"}
    ranges = dict.fromkeys(sorted(last)[:-1], ActivationRange(0.0, 1.0))
    task = text_classification.TASK
    with pytest.raises(AssertionError, match="calibrated"), simulation(model, plan, "onnx", task, ranges):
        pass
    assert not hooks(model)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_a_simulated_decoder_has_no_hook_left(decoder_checkpoints, format, fails):
    model = load_decoder(open_checkpoint(decoder_checkpoints["llama"]))
    plan = make_plan(model, "int8-dynamic")
    with fail_or_not(fails), simulation(model, plan, format, text_generation.TASK):
        assert hooks(model)
        if fails:
            raise RuntimeError
    assert not hooks(model)
