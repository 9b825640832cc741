"""Bundles that are not what their manifest says, and manifests of what no bundle is: every command refuses them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from cli_run import listing, refused, run
from tiny_bundle import rewrite, seal

COMMANDS = ("predict", "profile", "evaluate", "gate", "inspect")


def words(command, bundle, tmp_path):
    rows = tmp_path / "rows.tsv"
    rows.write_text("text\tlabel\nturn on\tlight\n")
    more = {
        "predict": ["turn on the light"],
        "profile": ["--min-seconds", 0, "--min-runs", 1, "--max-runs", 1, "--processes", 1],
        "evaluate": ["--test", rows],
        "gate": ["--budget", "size_mb=10"],
        "inspect": [],
    }
    return [command, bundle, *more[command]]


def all_refuse(capfd, bundle, tmp_path, says, commands=COMMANDS):
    before = listing(bundle)
    for command in commands:
        refused(capfd, *words(command, bundle, tmp_path), says=says)
        assert listing(bundle) == before, f"{command} left something behind"


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json", "golden.jsonl"])
def test_one_flipped_bit_is_named_with_both_hashes(capfd, device_home, onnx_bundle, tmp_path, name):
    content = bytearray((onnx_bundle / name).read_bytes())
    before = hashlib.sha256(content).hexdigest()
    content[len(content) // 2] ^= 1
    (onnx_bundle / name).write_bytes(content)
    all_refuse(capfd, onnx_bundle, tmp_path, f"{name} is not the file of the manifest: sha256 ")
    assert before in refused(capfd, *words("predict", onnx_bundle, tmp_path))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json", "golden.jsonl"])
def test_a_missing_file_is_named(capfd, device_home, onnx_bundle, tmp_path, name):
    (onnx_bundle / name).unlink()
    all_refuse(capfd, onnx_bundle, tmp_path, f"{name} is in the manifest and not in the folder")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"labels": ["a", "a", "a"]}, "labels must be texts, each one once"),
        ({"labels": [1, 2, {}]}, "labels must be texts, each one once"),
        ({"max_length": 10**30}, "max_length is 10000000000000000000, which no model takes"),
        ({"max_length": -5}, "max_length is -5, which no model takes"),
        ({"pad_id": 10**30}, "pad_id is"),
        ({"parity": []}, None),
        ({"parity": {"atol": "much"}}, "parity: atol and rtol must be numbers"),
        ({"parity": {"atol": 1e300}}, "parity: atol and rtol must be numbers"),
        ({"model_file": "../tiny-onnx/model.onnx"}, "../tiny-onnx/model.onnx"),
    ],
)
def test_values_that_no_bundle_has(capfd, device_home, onnx_bundle, tmp_path, changes, says):
    rewrite(onnx_bundle, **changes)
    if says is not None:
        all_refuse(capfd, onnx_bundle, tmp_path, says)
    else:
        all_refuse(capfd, onnx_bundle, tmp_path, "parity", ("gate", "inspect"))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a\0b", "a\nb", "C:\\x", "a\u202eb", "\ud800", "x" * 300])
def test_names_that_are_none_of_a_bundle(capfd, device_home, onnx_bundle, tmp_path, name):
    files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
    rewrite(onnx_bundle, files=files | {name: {"sha256": "0" * 64, "bytes": 1, "runtime": True}})
    # half of a character has no hash
    says = "was changed since edgekit wrote it" if name == "\ud800" else "the manifest names"
    all_refuse(capfd, onnx_bundle, tmp_path, says)


@pytest.mark.parametrize("name", ["CON", "NUL.txt", "aux"])
def test_names_of_devices_elsewhere_are_only_names(capfd, device_home, onnx_bundle, tmp_path, name):
    files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
    rewrite(onnx_bundle, files=files | {name: {"sha256": "0" * 64, "bytes": 1, "runtime": True}})
    all_refuse(capfd, onnx_bundle, tmp_path, f"{name} is in the manifest and not in the folder")


@pytest.mark.parametrize("name", ["config.json", "manifest.json"])
def test_links_are_refused_even_with_the_right_content(capfd, device_home, onnx_bundle, tmp_path, name):
    shutil.move(onnx_bundle / name, tmp_path / "elsewhere")
    (onnx_bundle / name).symlink_to(tmp_path / "elsewhere")
    all_refuse(capfd, onnx_bundle, tmp_path, "symbolic link")


def test_a_loop_of_links(capfd, device_home, onnx_bundle, tmp_path):
    (onnx_bundle / "config.json").unlink()
    (onnx_bundle / "config.json").symlink_to("config.json")
    all_refuse(capfd, onnx_bundle, tmp_path, "config.json is or goes through a symbolic link")


@pytest.mark.timeout(60)
def test_a_pipe_is_not_waited_for(capfd, device_home, onnx_bundle, tmp_path):
    (onnx_bundle / "config.json").unlink()
    os.mkfifo(onnx_bundle / "config.json")
    all_refuse(capfd, onnx_bundle, tmp_path, "config.json is in the manifest and not in the folder")
    (onnx_bundle / "manifest.json").unlink()
    os.mkfifo(onnx_bundle / "manifest.json")
    all_refuse(capfd, onnx_bundle, tmp_path, "", ("gate", "evaluate", "inspect", "predict", "profile"))


@pytest.mark.timeout(60)
def test_a_measurement_that_is_a_pipe(capfd, onnx_bundle, tmp_path):
    (onnx_bundle / "measurements").mkdir()
    os.mkfifo(onnx_bundle / "measurements" / "a.json")
    all_refuse(capfd, onnx_bundle, tmp_path, "a.json is no regular file", ("gate",))


def test_a_manifest_without_end(capfd, device_home, onnx_bundle, tmp_path):
    (onnx_bundle / "manifest.json").write_bytes(b'{"a": "' + b"x" * 20_000_000 + b'"}')
    all_refuse(capfd, onnx_bundle, tmp_path, "manifest.json has more than 16000000 bytes")


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"text": "a", "ids": [1e999], "logits": [], "label": ""}', '{"text": "a", "ids": 3}', "\u2028"],
)
def test_golden_cases_that_are_none(capfd, device_home, onnx_bundle, tmp_path, line):
    (onnx_bundle / "golden.jsonl").write_text(line, encoding="utf-8")
    seal(onnx_bundle)
    all_refuse(capfd, onnx_bundle, tmp_path, "golden", ("profile",))


def test_files_that_are_not_listed_are_never_opened(capfd, onnx_bundle):
    os.mkfifo(onnx_bundle / "extra.bin")
    (onnx_bundle / "model.pkl").symlink_to("/dev/zero")
    assert run(capfd, "predict", onnx_bundle, "turn on the light").code == 0


def test_debug_shows_the_traceback_and_nothing_else_does(capfd, onnx_bundle):
    (onnx_bundle / "config.json").unlink()
    assert "Traceback" in run(capfd, "inspect", onnx_bundle, "--debug").err
    refused(capfd, "inspect", onnx_bundle)


# what the runtimes themselves make of a file whose hash is right


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "missing.bin"])
def test_weights_outside_the_folder_are_not_read(capfd, onnx_bundle, tmp_path, location):
    import onnx

    (tmp_path / "secret.bin").write_bytes(np.zeros(100_000, np.float32).tobytes())
    model = onnx.load(onnx_bundle / "model.onnx")
    table = next(tensor for tensor in model.graph.initializer if tensor.name == "table")
    size = len(table.raw_data)
    table.ClearField("raw_data")
    table.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": str(size)}.items():
        table.external_data.add(key=key, value=value)
    (onnx_bundle / "model.onnx").write_bytes(model.SerializeToString())
    seal(onnx_bundle)
    refused(capfd, "predict", onnx_bundle, "turn on the light", says="onnxruntime", code=5)


@pytest.mark.parametrize("domain", ["", "com.nobody"])
def test_operators_that_no_runtime_has(capfd, onnx_bundle, domain):
    import onnx

    model = onnx.load(onnx_bundle / "model.onnx")
    model.graph.node[0].op_type, model.graph.node[0].domain = "NoSuchOperator", domain
    if domain:
        model.opset_import.add(domain=domain, version=1)
    (onnx_bundle / "model.onnx").write_bytes(model.SerializeToString())
    seal(onnx_bundle)
    refused(capfd, "predict", onnx_bundle, "turn on the light", says="NoSuchOperator", code=5)


TRUNCATED = """
import sys
from pathlib import Path
from edgekit.agent.errors import AgentError
from edgekit.agent.runtimes.base import synthetic_feeds
from edgekit.agent.runtimes.registry import open_session
content, cut = Path(sys.argv[1]), Path(sys.argv[2])
whole = content.read_bytes()
for place in range(100):
    cut.write_bytes(whole[: len(whole) * place // 100])
    print(place, flush=True)
    try:
        session = open_session(cut)
        session.run(synthetic_feeds(session, 8))
    except AgentError:
        pass
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("suffix", [".onnx", ".tflite"])
def test_a_model_cut_anywhere_is_refused_and_crashes_nothing(request, tmp_path, suffix):
    folder = request.getfixturevalue(f"{suffix[1:]}_bundle")
    done = subprocess.run(
        [sys.executable, "-c", TRUNCATED, folder / f"model{suffix}", tmp_path / f"cut{suffix}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"at {done.stdout.splitlines()[-1:]} %: {done.stderr[-500:]}"
