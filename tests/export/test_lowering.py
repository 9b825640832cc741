"""Resolving a target: the runtime and all that it decides about a file, once."""

import pytest

from edgekit.errors import UsageError
from edgekit.export.lowering import Lowering, resolve
from edgekit.schema.resources import load_target, shipped_files


def test_the_preferred_runtime_and_what_the_core_and_the_runtime_ask_for():
    assert resolve(load_target("rpi4"), "onnx", "int8-dynamic") == Lowering(
        format="onnx",
        runtime="onnxruntime",
        scheme="int8-dynamic",
        lengths=(16, 32, 64, 128),
        signed=True,  # Cortex-A72 has no dot products
        explicit=False,
    )
    assert not resolve(load_target("rpi5"), "onnx", "int8-dynamic").signed
    assert not resolve(load_target("x86-64"), "tflite", "int8-weight").explicit
    old = resolve(load_target("rpi4-32bit"), "tflite", "int8-weight")
    assert (old.runtime, old.explicit, old.signed) == ("tflite-runtime", True, False)


@pytest.mark.parametrize(
    ("max_length", "lengths"),
    [
        (8, (8,)),
        (16, (16,)),
        (17, (16, 17)),
        (48, (16, 32, 48)),
        (128, (16, 32, 64, 128)),
        (200, (16, 32, 64, 128, 200)),
    ],
)
def test_lengths_end_at_the_longest_input(max_length, lengths):
    lowering = resolve(load_target("rpi4"), "tflite", "float").up_to(max_length)
    assert (lowering.lengths, lowering.max_length) == (lengths, max_length)


@pytest.mark.parametrize("name", sorted(shipped_files("targets")))
def test_every_runtime_of_a_target_is_resolved_or_refused_as_the_target_says(name):
    target = load_target(name)
    for format in ("onnx", "tflite"):
        for scheme in ("float", "int8-dynamic", "int8-static", "int8-weight", "int4-weight"):
            able = [runtime for runtime in target.runtimes if runtime.format == format and scheme in runtime.schemes]
            if not able:
                with pytest.raises(UsageError):
                    resolve(target, format, scheme)
                continue
            lowering = resolve(target, format, scheme)
            assert (lowering.format, lowering.scheme, lowering.runtime) == (format, scheme, able[0].name)
