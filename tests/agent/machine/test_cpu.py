"""Which cores need onnxruntime's exact integers, by what their kernels say of them."""

import platform

import pytest

from edgekit.agent.machine.cpu import saturates

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="ARM cores have no such instruction")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["fpu avx2 fma"], True),
        (["avx2 avx512f avx512bw avx512vl"], True),
        (["avx2 avx_vnni"], False),
        (["avx2 avx512f avx512_vnni"], False),
        # as for a process that may move from one core to another
        (["avx2 avx_vnni", "avx2"], True),
    ],
)
def test_only_cores_without_vnni_saturate(tmp_path, flags, expected):
    blocks = [f"processor\t: {index}\nflags\t\t: {each}\n" for index, each in enumerate(flags)]
    (tmp_path / "cpuinfo").write_text("\n".join(blocks))
    assert saturates(tmp_path / "cpuinfo") is expected


def test_a_core_that_tells_nothing_may_saturate(tmp_path):
    assert saturates(tmp_path / "absent")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\n")
    assert saturates(tmp_path / "cpuinfo")
