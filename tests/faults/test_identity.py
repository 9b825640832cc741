"""Whatever is edited by hand in a bundle's manifest or in its records, no command passes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_run import listing, refused, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_edits import edited
from tiny_bundle import TEXTS, golden_rows, make_bundle, rewrite

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.flows.golden import prove_golden
from edgekit.schema.resources import load_target

# enough for hypothesis to try each kind of value
EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAIN = st.none() | st.booleans() | st.integers(-5, 2**40) | st.floats(-1e6, 1e6) | st.text("ab/.é9", max_size=5)
VALUES = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text("ab", max_size=2), PLAIN, max_size=2)


@pytest.fixture
def proven(onnx_bundle):
    prove_golden(BundleFolder(onnx_bundle))
    return onnx_bundle


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.tsv"
    lines = [f"{row['text']}\t{row['label']}" for row in golden_rows()]
    path.write_text("\n".join(["text\tlabel", *lines]) + "\n")
    return path


def commands(bundle: Path, out: Path, rows: Path) -> list[list[Any]]:
    """Every command that takes a bundle, as it passes on a sound one."""
    quick = ("--min-seconds", 0, "--min-runs", 1, "--max-runs", 1, "--processes", 1)
    return [
        ["predict", bundle, TEXTS[0][0]],
        ["inspect", bundle],
        ["evaluate", bundle, "--test", rows, "--no-record"],
        ["gate", bundle, "--budget", "size_mb=10"],
        ["profile", bundle, *quick],
        ["package", bundle, "-o", out, "--platform", "web"],
        ["deploy", bundle, "--device", "local:"],
        ["demo", bundle],
        ["reproduce", bundle],
    ]


# each of these reads what it needs of a bundle by itself
LIGHT = ("predict", "inspect", "gate", "package", "reproduce")


@EXAMPLES
@given(data=st.data())
def test_one_edited_value_of_a_manifest_is_refused_by_every_command(capfd, device_home, proven, tmp_path, rows, data):
    path = proven / "manifest.json"
    before = path.read_bytes()
    try:
        path.write_text(json.dumps(edited(json.loads(before), data, VALUES)), encoding="utf-8")
        for words in commands(proven, tmp_path / "out", rows):
            if words[0] in LIGHT:
                refused(capfd, *words)
    finally:
        path.write_bytes(before)


FACTS = {
    "labels": ["door", "light", "climate"],
    "pad_id": 1,
    "lengths": [8],
    "max_length": 16,
    "scheme": "int8-dynamic",
    "parity": {
        "reference": "checkpoint",
        "cases": 4,
        "atol": 1.0,
        "rtol": 1e-4,
        "max_abs_difference": 0.0,
        "labels_equal": 4,
    },
    "target_facts": load_target("x86-64").model_dump(mode="json") | {"name": "desktop", "threads": 64},
}


@pytest.mark.parametrize("fact", FACTS)
def test_what_decides_an_answer_is_noticed_by_every_command(capfd, device_home, proven, tmp_path, rows, fact):
    path = proven / "manifest.json"
    sound = json.loads(path.read_text())
    assert sound[fact] != FACTS[fact]
    kept = listing(proven)
    path.write_text(json.dumps(sound | {fact: FACTS[fact]}))
    for words in commands(proven, tmp_path / "out", rows):
        refused(capfd, *words, says="manifest.json was changed since edgekit wrote it")
    # with the seal computed again the content hash is still another
    rewrite(proven, **{fact: FACTS[fact]}, content_hash=sound["content_hash"])
    for words in commands(proven, tmp_path / "out", rows):
        refused(capfd, *words, says="manifest.json was changed since edgekit wrote it")
    assert listing(proven) == kept
    assert not (tmp_path / "out").exists()


@EXAMPLES
@given(data=st.data())
def test_one_edited_value_of_a_record_is_refused(capfd, proven, tmp_path, data):
    [path] = (proven / "measurements").glob("golden-*.json")
    before = path.read_bytes()
    try:
        path.write_text(json.dumps(edited(json.loads(before), data, VALUES)), encoding="utf-8")
        for words in (["gate", proven, "--budget", "size_mb=10"], ["package", proven, "-o", tmp_path / "out"]):
            refused(capfd, *words, says=str(path))
    finally:
        path.write_bytes(before)


def test_a_key_that_is_given_twice_is_refused(capfd, device_home, proven, tmp_path, rows):
    path = proven / "manifest.json"
    path.write_text(path.read_text().replace('"pad_id": 0', '"pad_id": 0, "pad_id": 0'))
    for words in commands(proven, tmp_path / "out", rows):
        refused(capfd, *words, says="given twice")


def test_an_older_bundle_is_refused_by_every_command_with_the_one_that_renews_it(
    capfd, device_home, proven, tmp_path, rows
):
    rewrite(proven, format_version=1)
    renewed = f"edgekit export CHECKPOINT --target desktop --format onnx --out {proven} --force"
    for words in commands(proven, tmp_path / "out", rows):
        message = refused(capfd, *words, says="is of an older format")
        assert renewed in message


def test_a_pc_does_not_pass_as_a_raspberry_pi(capfd, device_home, onnx_bundle, tmp_path):
    own = load_target("x86-64").model_dump(mode="json") | {"name": "rpi4"}
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps(own))
    taken = "a target rpi4 with other facts is shipped with edgekit"
    refused(capfd, "gate", onnx_bundle, "--target", file, "--budget", "size_mb=10", says=taken)
    assert "my-rpi4" in refused(capfd, "targets", "show", file, says=taken)
    rewrite(onnx_bundle, target="rpi4", target_facts=own)
    for command in (["gate", onnx_bundle, "--budget", "size_mb=10"], ["inspect", onnx_bundle]):
        refused(capfd, *command, says=taken)
    # as what it is, it is fine
    rewrite(onnx_bundle, target="my-pc", target_facts=own | {"name": "my-pc"})
    assert run(capfd, "gate", onnx_bundle, "--budget", "size_mb=10").code == 0


def test_every_command_passes_on_the_bundle_as_it_was_written(capfd, device_home, tmp_path, rows):
    bundle = make_bundle(tmp_path / "sound", "onnx")
    for words in commands(bundle, tmp_path / "out", rows):
        if words[0] not in ("demo", "reproduce"):
            assert run(capfd, *words).code == 0, words
    shutil.rmtree(tmp_path / "out")
