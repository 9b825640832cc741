"""The commands over adb, end to end: the agent on a board that runs adbd, the runtimes' own programs on a phone."""

import json
import platform
import sys

import command_line
import pytest
from adb_server import answers
from test_android_tools import BATTERY, BENCHMARK_MODEL, PERF_TEST, THERMAL_XIAOMI

from edgekit.devices.open_device import open_device


@pytest.fixture(autouse=True)
def registry(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))


def edgekit(*arguments):
    """What a command prints as JSON, and its exit code."""
    code, out, err = command_line.edgekit(*arguments, "--json")
    return code, json.loads(out) if out else None, err


class TestABoard:
    def test_a_bundle_is_measured_there(self, adb_device, onnx_bundle):
        edgekit("devices", "add", "board", adb_device.url, "--python", sys.executable)
        words = ("--device", "board", "--min-seconds", "0", "--min-runs", "5")
        code, told, err = edgekit("profile", onnx_bundle, *words)
        assert code == 0, err
        (taken,) = told["measurements"]
        assert taken["fingerprint"]["python"] == platform.python_version()
        assert len(taken["samples_ms"]["total"]) >= 5
        assert not adb_device.living()
        # what was brought lies there, for its user alone
        (file,) = adb_device.home.glob("files/*/model.onnx")
        assert file.read_bytes() == (onnx_bundle / "model.onnx").read_bytes()
        assert {path.stat().st_mode & 0o77 for path in adb_device.home.rglob("*") if not path.is_symlink()} == {0}

    def test_a_bundle_is_deployed_there(self, adb_device, onnx_bundle):
        edgekit("devices", "add", "board", adb_device.url, "--python", sys.executable)
        code, told, err = edgekit("deploy", onnx_bundle, "--device", "board")
        assert code == 0, err
        assert told["board"]["path"].startswith(str(adb_device.home))


@pytest.mark.slow
def test_an_agent_on_arm(adb):
    """adbd as it is built for ARM, in the emulated board."""
    port = 5624
    if not answers(port):
        pytest.skip("the emulated board is not up: scripts/emulated-pi up --model pi4")
    with open_device(f"adb://127.0.0.1:{port}") as device:
        assert device.transport.run(["uname", "-m"]).stdout == b"aarch64\n"
        channel = device.start_agent()
        assert device.transport.run(["sh", "-c", "kill -SEGV $$"]).code == -11
        channel.close()


class TestAPhone:
    """Android's shell, and programs in place of the real ones that print what those were recorded to print."""

    @pytest.fixture
    def phone(self, android):
        self.program(
            android,
            "bin/dumpsys",
            f"case $1 in thermalservice) {cat(THERMAL_XIAOMI)} ;; battery) {cat(BATTERY)} ;; esac",
        )
        self.program(android, "bin/getprop", "[ $1 = ro.build.version.sdk ] && echo 34")
        return android

    @pytest.mark.parametrize(
        ("format", "tool", "output", "mean"),
        [
            ("tflite", "benchmark_model", BENCHMARK_MODEL, 33.2094),
            ("onnx", "onnxruntime_perf_test", PERF_TEST, None),
        ],
    )
    def test_a_program_measures_there(self, phone, request, format, tool, output, mean):
        bundle = request.getfixturevalue(f"{format}_bundle")
        path = f"/data/local/tmp/my {tool}'s"
        # it fails where the model is not: the one names it behind an option, the other last
        look = 'for model; do :; done; case $1 in --graph=*) model=${1#*=} ;; esac; [ -s "$model" ] || exit 9'
        self.program(phone, path, f"{look}\n{cat(output)}")
        words = ("--min-seconds", "0", "--min-runs", "5", "--affinity", "1")
        code, told, err = edgekit("profile", bundle, "--device", phone.url, "--tool", f"{tool}={path}", *words)
        assert code == 0, err
        (taken,) = told["measurements"]
        assert (taken["tool"], taken["affinity"]) == (tool, "1")
        assert mean is None or taken["invocations"][0]["mean_ms"] == pytest.approx(mean)
        assert taken["battery_before"]["level_pct"] is not None
        assert taken["after"]["temperature_c"] is not None
        assert len(taken["tool_sha256"]) == 64
        # nothing of the model stays there
        assert not list((phone.root / "data/local/tmp/edgekit").rglob("model.*"))

    def test_a_program_that_crashes(self, phone, tflite_bundle):
        path = "/data/local/tmp/crashes"
        self.program(phone, path, "kill -SEGV $$")
        code, _, err = edgekit("profile", tflite_bundle, "--device", phone.url, "--tool", f"benchmark_model={path}")
        assert code == 5
        assert "benchmark_model failed: signal 11" in err

    def test_the_doctor_knows_what_it_looks_at(self, phone):
        code, told, _ = edgekit("devices", "doctor", phone.url)
        (found,) = told
        # nothing of the agent's runs there: there is no Python
        assert (code, found["reached"], found["python"]) == (3, True, None)
        assert found["home"] == "/data/local/tmp/edgekit"
        assert found["fingerprint"]["os"] == "Android, API level 34"
        assert all("--tool" in each["cure"] for each in found["problems"] if each["grade"] == "stops")

    def program(self, phone, path, script):
        file = phone.root / path.lstrip("/")
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


def cat(text):
    return f"cat <<'end-of-text'\n{text}\nend-of-text\n"
