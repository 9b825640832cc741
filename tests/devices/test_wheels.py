"""Fetching wheels for another machine: which are taken, what is kept, what is said when there are none."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_wheels import write_wheel

from edgekit.devices.provision.python_facts import PythonFacts
from edgekit.devices.provision.wheels import NoWheelError, cache_folder, fetch_wheel
from edgekit.errors import ToolError, UsageError
from edgekit.schema.runtime_ref import RuntimeRef

PI = PythonFacts(
    version=(3, 11, 2),
    implementation="CPython",
    system="Linux",
    machine="aarch64",
    bits=64,
    free_threaded=False,
    libc="glibc",
    libc_version="2.36",
    numpy=None,
)


def native(folder, version, tag):
    path = write_wheel(folder, "onnxruntime", version)
    return path.rename(folder / f"onnxruntime-{version}-{tag}.whl")


def test_the_newest_that_the_machine_takes(wheel_index):
    native(wheel_index, "1.40.0", "cp311-cp311-manylinux_2_28_aarch64")
    native(wheel_index, "1.41.0", "cp311-cp311-manylinux_2_37_aarch64")
    native(wheel_index, "1.42.0", "cp312-cp312-manylinux_2_28_aarch64")
    native(wheel_index, "1.43.0", "cp311-cp311-manylinux_2_28_x86_64")
    native(wheel_index, "1.44.0", "cp311-cp311t-manylinux_2_28_aarch64")
    assert fetch_wheel("onnxruntime", PI).version == "1.40.0"
    assert fetch_wheel("onnxruntime", PI.model_copy(update={"version": (3, 12, 0)})).version == "1.42.0"
    assert fetch_wheel("onnxruntime", PI.model_copy(update={"machine": "x86_64"})).version == "1.43.0"
    assert fetch_wheel("onnxruntime", PI.model_copy(update={"free_threaded": True})).version == "1.44.0"


def test_an_exact_version_is_fetched_once(wheel_index):
    first = fetch_wheel("onnxruntime==1.30.0", PI)
    (wheel_index / first.path.name).unlink()
    assert fetch_wheel("onnxruntime==1.30.0", PI) == first
    # for another machine it is another question
    with pytest.raises(NoWheelError):
        fetch_wheel("onnxruntime==1.30.0", PI.model_copy(update={"version": (3, 12, 0)}))


def test_a_kept_wheel_that_was_changed_is_fetched_again(wheel_index):
    first = fetch_wheel("onnxruntime==1.30.0", PI)
    content = first.path.read_bytes()
    first.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert fetch_wheel("onnxruntime==1.30.0", PI) == first
    assert first.path.read_bytes() == content
    index = next((cache_folder() / "index").iterdir())
    index.write_text('{"name": "../../../etc/passwd", "sha256": "' + "0" * 64 + '"}')
    assert fetch_wheel("onnxruntime==1.30.0", PI) == first


def test_without_a_connection_the_last_one_is_taken(wheel_index, monkeypatch):
    kept = fetch_wheel("onnxruntime", PI)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    # nobody listens on the port of discard
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert fetch_wheel("onnxruntime", PI) == kept
    with pytest.raises(ToolError, match="numpy cannot be fetched: the package index is not reached") as caught:
        fetch_wheel("numpy", PI)
    assert "PIP_FIND_LINKS" in caught.value.advice
    assert not list(cache_folder().glob(".fetch-*"))


def test_what_there_is_no_wheel_of(wheel_index):
    expected = r"no wheel of onnxruntime==9\.9 for Python 3\.11, aarch64, glibc 2\.36"
    with pytest.raises(NoWheelError, match=expected) as caught:
        fetch_wheel("onnxruntime==9.9", PI)
    assert caught.value.advice == "there are: 1.30.0"
    with pytest.raises(NoWheelError, match="no wheel of tflite-runtime for") as caught:
        fetch_wheel("tflite-runtime", PI)
    assert caught.value.advice is None


def test_a_python_without_pip(wheel_index, monkeypatch, tmp_path):
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    assert subprocess.run([bare, "-m", "pip"], capture_output=True, check=False).returncode
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(ToolError, match="has no pip"):
        fetch_wheel("onnxruntime", PI)


def test_names_of_runtimes():
    pinned = RuntimeRef.from_text("onnxruntime==1.20.1")
    assert (pinned.name, pinned.version, pinned.requirement) == ("onnxruntime", "1.20.1", "onnxruntime==1.20.1")
    assert pinned.folder == "onnxruntime-1.20.1"
    assert RuntimeRef.from_text("ai-edge-litert").version is None
    with pytest.raises(UsageError) as caught:
        RuntimeRef.from_text("onnxruntim==1.2")
    assert caught.value.advice == "did you mean 'onnxruntime'?"
    for text in ("onnxruntime==", "onnxruntime==1/../..", "onnxruntime== ", "onnxruntime==.", "onnxruntime==1;x"):
        with pytest.raises(UsageError, match="names no version"):
            RuntimeRef.from_text(text)


@given(st.text(max_size=20))
def test_no_text_becomes_a_folder_elsewhere(text):
    try:
        folder = RuntimeRef.from_text(f"onnxruntime=={text}").folder
    except UsageError:
        return
    assert "/" not in folder
    assert "\n" not in folder
    assert folder.startswith("onnxruntime-")
