"""What a command prints: nothing that steers a terminal, and JSON to the letter; a full disk or closed pipe behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from cli_run import refused, run
from endless_models import endless
from tiny_bundle import LABELS, TEXTS, rehash, seal

# a colour, a cleared screen, a turned line, a line of one's own, a zero-width space and joiner, a C1 control, a tag
HOSTILE = (
    "\x1b[31mred\x1b[2J",
    "\u202eevil\u2066\nerror: all is lost\t1.0\r",
    "zero\u200bwidth\u200d\u2060\ufeff\x9b31m\x07\U000e0041",
)
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture
def hostile_bundle(onnx_bundle):
    (onnx_bundle / "golden.jsonl").unlink()
    return seal(onnx_bundle, labels=HOSTILE)


def steering(text):
    return [character for character in text if unicodedata.category(character) in STEERING and character not in "\n\t"]


def test_labels_are_shown_with_what_cannot_be_seen_written_out(capfd, hostile_bundle):
    report = run(capfd, "predict", hostile_bundle, TEXTS[0][0])
    assert (report.code, steering(report.out + report.err), report.out.count("\n")) == (0, [], 1), report
    assert report.out.split("\t")[0] in {ascii(label)[1:-1] for label in HOSTILE}
    shown = run(capfd, "inspect", hostile_bundle)
    assert (shown.code, steering(shown.out + shown.err)) == (0, []), shown
    assert sum(line.startswith("error") for line in shown.out.splitlines()) == 0
    assert "\\x1b[31mred\\x1b[2J" in shown.out


def test_json_holds_them_to_the_letter_and_is_plain_text_itself(capfd, hostile_bundle):
    report = run(capfd, "predict", hostile_bundle, TEXTS[0][0], "--json")
    assert steering(report.out) == []
    assert tuple(json.loads(report.out)["scores"]) == HOSTILE
    assert tuple(json.loads(run(capfd, "inspect", hostile_bundle, "--json").out)["labels"]) == HOSTILE


def test_letters_of_their_own_stay(capfd, onnx_bundle):
    (onnx_bundle / "golden.jsonl").unlink()
    labels = ("می\u200cخواهم", "👩\u200d🔬", "Straße")
    shown = run(capfd, "inspect", seal(onnx_bundle, labels=labels))
    assert ", ".join(labels) in shown.out


def test_errors_quote_names_written_out(capfd, tmp_path):
    report = refused(capfd, "inspect", tmp_path / "\x1b[2J\u202eno\u200bwhere\x9b1m")
    assert steering(report) == []


def shell(line, **named):
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, check=False, **named)


EDGEKIT = f"'{sys.executable}' -m edgekit"


@pytest.mark.parametrize("words", ["predict BUNDLE 'turn on'", "predict BUNDLE 'turn on' --json", "inspect BUNDLE"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_under_standard_output_is_told(onnx_bundle, words):
    done = shell(f"{EDGEKIT} {words.replace('BUNDLE', str(onnx_bundle))} > /dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"
    assert shell(f"{EDGEKIT} --help > /dev/full").stderr == done.stderr
    both = shell(f"{EDGEKIT} --version > /dev/full 2>&1")
    assert (both.returncode, both.stderr) == (2, "")


def test_a_closed_pipe_is_not_told(onnx_bundle):
    done = shell(f"{EDGEKIT} inspect {onnx_bundle} | true; yes | {EDGEKIT} predict {onnx_bundle} - | head -n 1")
    assert (done.stderr, len(done.stdout.splitlines())) == ("", 1)


def test_a_closed_terminal_ends_a_command_as_sigterm_does(onnx_bundle):
    words = [sys.executable, "-m", "edgekit", "predict", str(onnx_bundle), "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    for number in (signal.SIGHUP, signal.SIGTERM):
        with subprocess.Popen(words, text=True, bufsize=1, **pipes) as started:
            started.stdin.write("turn on\n")
            assert started.stdout.readline().split("\t")[0] in LABELS
            started.send_signal(number)
            assert started.wait(30) == 128 + number
            assert started.stderr.read().split("\n")[-2] == "interrupted; call again to go on"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
            "not enough memory",
        ),
        (PermissionError(13, "Permission denied", "/a/b"), "/a/b cannot be used: Permission denied"),
        (OSError(30, "Read-only file system", "/a/b"), "/a/b cannot be used: Read-only file system"),
        (OSError(36, "File name too long", "x" * 9), "File name too long"),
        (ValueError("embedded null byte"), "NUL"),
        (UnicodeEncodeError("utf-8", "a\udc80", 1, 2, "surrogates not allowed"), "half a character"),
        (EOFError("Ran out of input"), "EOFError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_machine_refuses_is_no_fault_of_edgekit(capfd, monkeypatch, onnx_bundle, error, says):
    def raised(*arguments, **named):
        raise error

    monkeypatch.setattr("edgekit.flows.inspect.inspect", raised)
    message = refused(capfd, "inspect", onnx_bundle, says=says, code=5 if isinstance(error, EOFError) else 2)
    assert ("fault of edgekit" in message) == isinstance(error, EOFError)


def test_what_native_code_writes_reaches_nobody_but_debuggers(capfd, monkeypatch, onnx_bundle):
    def panicked(*arguments, **named):
        os.write(2, b"thread '<unnamed>' panicked at src/lib.rs:1:1\n")
        raise MemoryError

    monkeypatch.setattr("edgekit.flows.inspect.inspect", panicked)
    refused(capfd, "inspect", onnx_bundle, says="not enough memory")
    assert "panicked" in run(capfd, "--debug", "inspect", onnx_bundle).err
    os.write(2, b"again\n")
    assert capfd.readouterr().err == "again\n"


def test_a_loop_without_end_in_a_bundle_is_told_by_predict(capfd, monkeypatch, onnx_bundle):
    endless(onnx_bundle / "model.onnx")
    monkeypatch.setenv("EDGEKIT_INFERENCE_SECONDS", "0.5")
    refused(capfd, "predict", rehash(onnx_bundle), "turn on", says="did not answer within 0.5 s")
