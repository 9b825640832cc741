"""The energy of a run on a Raspberry Pi 5."""

import pytest

from edgekit.agent.benchmark import energy
from edgekit.agent.benchmark.tasks import measure
from edgekit.agent.benchmark.timing import Stopping
from edgekit.agent.benchmark.workload import ProfileRequest
from edgekit.measure.performance.energy import energy_mj
from edgekit.schema.measurement import Measurement

QUICK = Stopping(min_seconds=0, min_runs=5, max_runs=100, warmup=0)

# recorded on a Raspberry Pi 5 under load: https://github.com/jfikar/RPi5-power (README.md)
RECORDED = """\
 3V7_WL_SW_A current(0)=0.00000000A
   3V3_SYS_A current(1)=0.06245952A
   1V8_SYS_A current(2)=0.16102850A
  DDR_VDD2_A current(3)=0.00780744A
  DDR_VDDQ_A current(4)=0.00000000A
   1V1_SYS_A current(5)=0.17566740A
    0V8_SW_A current(6)=0.32791250A
  VDD_CORE_A current(7)=10.87674000A
   3V3_DAC_A current(17)=0.00036630A
   3V3_ADC_A current(18)=0.00042735A
   0V8_AON_A current(16)=0.00579975A
      HDMI_A current(22)=0.01367520A
 3V7_WL_SW_V volt(8)=3.79999600V
   3V3_SYS_V volt(9)=3.30632200V
   1V8_SYS_V volt(10)=1.79828900V
  DDR_VDD2_V volt(11)=1.10292900V
  DDR_VDDQ_V volt(12)=0.60476130V
   1V1_SYS_V volt(13)=1.10439400V
    0V8_SW_V volt(14)=0.80256330V
  VDD_CORE_V volt(15)=0.89745940V
   3V3_DAC_V volt(20)=3.30494200V
   3V3_ADC_V volt(21)=3.30219400V
   0V8_AON_V volt(19)=0.79736190V
      HDMI_V volt(23)=5.07056000V
     EXT5V_V volt(24)=5.06788000V
      BATT_V volt(25)=3.01110800V
"""


def silent(stage, runs, seconds):
    pass


def test_the_rails_of_a_recording():
    found = energy.rails(RECORDED)
    assert len(found) == 12
    assert "EXT5V" not in found
    assert "BATT" not in found
    assert found["VDD_CORE"] == pytest.approx(10.87674 * 0.8974594)
    # multiplied and summed by hand, line by line
    assert sum(found.values()) == pytest.approx(10.7999, abs=1e-4)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "VCHI initialization failed",
        'error=1 error_msg="Command not registered"',
        "3V3_SYS_A current(1)=0.06A",
        "3V3_SYS_A current(1)=0.06245952V\n3V3_SYS_V volt(9)=3.30632200A",
        "3V3_SYS_A current(1)=nan\n3V3_SYS_V volt(9)=inf",
    ],
)
def test_what_is_no_reading_is_no_power(answer):
    assert energy.rails(answer) == {}


def test_elsewhere_it_is_not_measurable(onnx_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    taken = Measurement.model_validate(measure(ProfileRequest(onnx_bundle, 1, QUICK, energy=True), silent))
    assert taken.energy is None
    assert energy.NOT_MEASURABLE in taken.notes


def test_energy_is_what_the_load_takes_above_idle(onnx_bundle, tmp_path, monkeypatch):
    """A power chip of which one rail tells 2 W until the work begins, and 5 W from then on."""
    for name in ("IDLE_SECONDS", "LOAD_SECONDS"):
        monkeypatch.setattr(energy, name, 0.3)
    monkeypatch.setattr(energy, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(energy, "_SETTLE_SECONDS", 0)
    program = tmp_path / "vcgencmd"
    program.write_text(
        f'#!/bin/sh\nif [ -e "{tmp_path}/working" ]; then a=5; else a=2; fi\n'
        'echo " VDD_CORE_A current(7)=$a.00000000A"; echo " VDD_CORE_V volt(15)=1.00000000V"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    real = energy.sustain

    def working(*arguments):
        (tmp_path / "working").touch()
        return real(*arguments)

    monkeypatch.setattr(energy, "sustain", working)
    taken = Measurement.model_validate(measure(ProfileRequest(onnx_bundle, 1, QUICK, energy=True), silent))
    assert taken.energy.rails == ("VDD_CORE",)
    assert set(taken.energy.idle_w) == {2.0}
    assert taken.energy.load_w[-1] == 5.0
    found = energy_mj(taken.energy)
    # but for a reading that may fall between the two
    assert found.value == pytest.approx(3e3 * taken.energy.seconds / taken.energy.runs, rel=0.2)
    assert found.low <= found.value <= found.high
