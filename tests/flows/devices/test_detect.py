"""A target of its own for a machine that is new: valid, matching that machine, its estimates marked."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgekit.devices.doctor.probe import Probe
from edgekit.errors import UsageError
from edgekit.flows.devices.detect import matching_targets
from edgekit.flows.devices.draft_target import draft_target
from edgekit.schema.target import Target

# an Orange Pi 5: RK3588S, four Cortex-A55 and four Cortex-A76
ORANGE = Probe(
    machine="aarch64",
    os="Debian GNU/Linux 12 (bookworm)",
    elf_class=2,
    elf_machine=183,
    libc="glibc 2.36",
    model="Orange Pi 5",
    part=("0x41/0xd05", "0x41/0xd0b"),
    features=("fp asimd fphp asimdhp asimddp",),
    cores=8,
    clock_max_khz=2_400_000,
    ram_kb=8_127_000,
    home="/home/orangepi/.cache/edgekit/device",
)
# another board with the cores of a Raspberry Pi 4
OTHER_A72 = ORANGE.model_copy(
    update={
        "model": "Some Board v2 Rev 1.1",
        "part": ("0x41/0xd08",),
        "features": ("fp asimd",),
        "cores": 4,
        "clock_max_khz": 1_800_000,
        "ram_kb": 3_880_000,
    }
)


def target_of(machine: Probe, name: str | None = None) -> Target:
    return Target.parse(yaml.safe_load(draft_target(machine, name)), "the draft")


def test_a_new_board_has_what_it_says_and_nothing_else():
    target = target_of(ORANGE)
    assert (target.name, target.title) == ("orange-pi-5", "Orange Pi 5, Debian GNU/Linux 12 (bookworm)")
    assert (target.cpu.cores, target.threads, target.memory.size_gb) == (8, 8, (8,))
    assert target.cpu.features == ("neon", "dotprod", "fp16")
    assert target.cpu.clock_ghz is not None and target.cpu.clock_ghz.value == 2.4
    assert target.peak.fp32_gflops is None, "cores of two kinds have no one rate"
    metrics = {budget.metric for budgets in target.budgets.values() for budget in budgets}
    assert metrics == {"size_mb", "accuracy_drop", "perplexity_increase_pct"}
    assert target.matches(ORANGE.fingerprint())
    assert not target.matches(OTHER_A72.fingerprint())


def test_an_estimate_says_that_it_is_one():
    target = target_of(OTHER_A72, "mine")
    assert target.name == "mine"
    rate = target.peak.fp32_gflops
    assert rate is not None
    assert (rate.value, rate.source) == (57.6, "estimated: 4 cores x 8 operations a cycle x 1.8 GHz")
    assert target.peak.int8_gops is not None and target.peak.int8_gops.value == 115.2
    assert target.cpu.boards == ("Some Board v2",)
    # the shipped figure of the same core came from a measurement: 47.9 at 1.5 GHz
    assert rate.value / 1.8 == pytest.approx(47.9 / 1.5, rel=0.01)


def test_32_bit_programs_get_the_runtime_that_serves_them():
    target = target_of(OTHER_A72.model_copy(update={"elf_class": 1, "elf_machine": 40}))
    assert target.arch == "armv7l"
    assert [runtime.name for runtime in target.runtimes] == ["tflite-runtime"]
    assert target.peak.int8_gops is None


def test_what_no_runtime_is_made_for_has_no_target():
    with pytest.raises(UsageError, match="no runtime for linux on riscv64"):
        draft_target(ORANGE.model_copy(update={"elf_machine": 243}))


def test_the_most_specific_target_comes_first():
    pi = OTHER_A72.model_copy(update={"model": "Raspberry Pi 4 Model B Rev 1.4"})
    assert matching_targets(pi.fingerprint()) == ("rpi4", "generic-arm64")
    assert matching_targets(ORANGE.fingerprint()) == ("generic-arm64",)


def test_ones_own_target_is_tried_as_well(tmp_path):
    path = tmp_path / "orange.yaml"
    path.write_text(draft_target(ORANGE))
    assert matching_targets(ORANGE.fingerprint(), str(path)) == (str(path), "generic-arm64")


@given(
    model=st.text(max_size=80).filter(lambda text: not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text)),
    os=st.none() | st.sampled_from(["a: b", "- x", '"', "#", "'{}'", "Ubuntu 24.04 LTS"]),
)
def test_no_words_of_a_device_break_the_file(model, os):
    machine = ORANGE.model_copy(update={"model": model, "os": os})
    try:
        drafted = target_of(machine)
    except UsageError as error:
        # a board that is called like one of edgekit's targets
        assert "target that is shipped" in error.message
    else:
        assert drafted.matches(machine.fingerprint())
