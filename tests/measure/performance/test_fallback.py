"""Silent fall-backs of a runtime are named."""

import pytest
from record_makers import machine

from edgekit.measure.performance.fallback import fallbacks
from edgekit.schema.measurement import Fingerprint, Measurement, Ran


def record(threads=4, arch="x86_64", features=(), **ran):
    return Measurement.model_construct(
        threads=threads, ran=Ran(**ran), fingerprint=Fingerprint(**machine(arch=arch, features=tuple(features)))
    )


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        (
            {"MatMul (float weights)": 24, "DynamicQuantizeMatMul": 2, "MatMul": 12},
            "float MatMul kernels run an int8 file: 24 of 26",
        ),
        (
            {"DequantizeLinear (weights)": 20, "MatMul": 32, "Gemm (float weights)": 1},
            "float DequantizeLinear and Gemm kernels run an int8 file: 21 of 21",
        ),
        ({"FULLY_CONNECTED (float weights)": 9}, "float FULLY_CONNECTED kernels run an int8 file: 9 of 9"),
        # the last layer of a plan may be float, and products of two results always are
        ({"DynamicQuantizeMatMul": 24, "Gemm (float weights)": 2, "MatMul": 12}, None),
        ({"FULLY_CONNECTED": 26}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("scheme", ["int8-dynamic", "int8-static"])
def test_float_kernels_of_an_integer_file(operators, sentence, scheme):
    assert fallbacks(record(operators=operators), scheme) == ((sentence,) if sentence else ())


@pytest.mark.parametrize("scheme", ["float", "int8-weight", "int4-weight", ""])
def test_floats_are_what_other_schemes_multiply(scheme):
    assert fallbacks(record(operators={"MatMul (float weights)": 24}), scheme) == ()


def test_fewer_threads_than_asked():
    taken = record(threads=4)
    assert fallbacks(taken, "float") == (), "nothing is known"
    one = taken.model_copy(update={"ran": Ran(threads=1)})
    assert fallbacks(one, "float") == ("1 of 4 threads worked for the model",)
    four = taken.model_copy(update={"ran": Ran(threads=4)})
    assert fallbacks(four, "float") == ()


@pytest.mark.parametrize(
    ("delegated", "sentence"),
    [
        (40, "XNNPACK took over 40 of 100 nodes; plain kernels ran the others"),
        (49, "XNNPACK took over 49 of 100 nodes; plain kernels ran the others"),
        (50, None),
        (100, None),
    ],
)
def test_a_delegate_that_takes_less_than_half(delegated, sentence):
    found = fallbacks(record(delegate="XNNPACK", delegated=delegated, nodes=100), "float")
    assert found == ((sentence,) if sentence else ())


def test_no_delegate_at_all():
    found = fallbacks(record(delegate=None, delegated=0, nodes=7), "float")
    assert found == ("no delegate took over any of 7 nodes: plain kernels ran all of them",)


@pytest.mark.parametrize(
    ("arch", "features", "named"),
    [
        ("aarch64", ("asimd",), True),
        ("aarch64", ("asimd", "asimddp"), False),
        # where the kernel names no features, nothing is known
        ("aarch64", (), False),
        ("x86_64", ("avx2",), False),
    ],
)
def test_weights_of_four_bits_on_cores_without_dot_products(arch, features, named):
    found = fallbacks(record(arch=arch, features=features, operators={"MatMulNBits": 24}), "int4-weight")
    assert bool(found) == named
    if named:
        assert found == ("the processor has no dot products: 24 MatMulNBits kernels turn their weights into floats",)
