"""`--quiet`, `--verbose` and `--log-file`, before a command and behind it."""

import json
import re
import warnings

import pytest
from command_line import edgekit

from edgekit.errors import EdgekitWarning
from edgekit.flows import doctor

QUICK = ("--min-seconds", "0.05", "--processes", "1")


@pytest.mark.parametrize("before", [True, False])
def test_quiet_leaves_the_result_and_nothing_else(onnx_bundle, before, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    words = ("devices", "add", "pi", "ssh://pi")
    assert "how it fares" in edgekit(*words)[2]
    quiet = ("-q", *words, "--force") if before else (*words, "--force", "--quiet")
    code, out, err = edgekit(*quiet)
    assert (code, err) == (0, "") and out.startswith("pi is ssh://pi")
    code, _, err = edgekit("predict", tmp_path, "x", "--quiet")
    assert (code, err.startswith("error: ")) == (2, True), "errors are no chatter"


def test_verbose_says_what_is_begun_and_how_long_it_took(onnx_bundle):
    words = ("profile", onnx_bundle, *QUICK)
    code, _, err = edgekit(*words, "--verbose")
    assert code == 0
    assert re.search(r"^profile tiny-onnx, 1 thread$", err, re.MULTILINE)
    assert re.search(r"^profile tiny-onnx, 1 thread: \d+\.\d s$", err, re.MULTILINE)
    assert "profile tiny-onnx" not in edgekit(*words)[2]
    assert edgekit(*words, "--json", "--verbose")[2] == "", "JSON stands alone"


def test_a_log_file_has_all_of_it_with_its_time(onnx_bundle, tmp_path):
    log = tmp_path / "log of mine.txt"
    log.write_text("kept\n")
    assert edgekit("--log-file", log, "profile", onnx_bundle, *QUICK, "-q")[2] == ""
    code, _, _ = edgekit("profile", onnx_bundle, "--length", "9999", "--json", "--log-file", log)
    first, *lines = log.read_text().splitlines()
    assert (code, first) == (2, "kept")
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (COMMAND|DEBUG|INFO|ERROR) ", line) for line in lines)
    told = [line.split(" ", 2)[2] for line in lines]
    assert told[0].startswith("COMMAND edgekit --log-file ")
    assert "DEBUG profile tiny-onnx, 1 thread" in told
    assert "COMMAND exit code 0" in told and told[-1] == "COMMAND exit code 2"
    assert told[-2].startswith("ERROR length 9999 is over the model's")


def test_warnings_are_logged_and_shown_quiet_or_not(tmp_path, monkeypatch):
    examine = doctor.examine_installation

    def warn():
        warnings.warn("mind the gap", EdgekitWarning, stacklevel=1)
        return examine()

    monkeypatch.setattr(doctor, "examine_installation", warn)
    log = tmp_path / "log"
    _, _, err = edgekit("doctor", "-q", "--log-file", log)
    assert err == "warning: mind the gap\n"
    assert "WARNING mind the gap" in log.read_text()


def test_what_cannot_be(onnx_bundle, tmp_path):
    assert "say the opposite" in edgekit("--quiet", "predict", onnx_bundle, "x", "--verbose")[2]
    code, _, err = edgekit("predict", onnx_bundle, "x", "--log-file", tmp_path / "no" / "folder")
    assert (code, "cannot be written" in err) == (2, True)
    assert json.loads(edgekit("predict", onnx_bundle, "open", "--json", "--log-file", "/dev/null")[1])["label"]
