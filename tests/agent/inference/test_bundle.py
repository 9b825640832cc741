"""What the agent refuses to open."""

import json
import re

import pytest
from tiny_bundle import rewrite, seal

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.bundle import file_sha256, open_bundle, read_golden


def test_opens_what_its_manifest_says(onnx_bundle):
    bundle = open_bundle(onnx_bundle)
    assert bundle.model_sha256 == file_sha256(onnx_bundle / "model.onnx")
    assert bundle.input_names == ("input_ids", "attention_mask")
    assert len(read_golden(bundle)) == 4


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "golden.jsonl", "config.json"])
def test_a_changed_file_is_named_with_both_hashes(onnx_bundle, name):
    before = file_sha256(onnx_bundle / name)
    with (onnx_bundle / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BadInput) as caught:
        open_bundle(onnx_bundle)
    for part in (name, before, file_sha256(onnx_bundle / name)):
        assert part in caught.value.message


def test_a_size_that_is_not_the_files_is_named(onnx_bundle):
    files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
    size = files["model.onnx"]["bytes"]
    rewrite(onnx_bundle, files=files | {"model.onnx": files["model.onnx"] | {"bytes": 1}})
    with pytest.raises(BadInput, match=rf"model\.onnx has {size} bytes, and the manifest says 1"):
        open_bundle(onnx_bundle)


def test_a_flag_cannot_be_flipped_unseen(onnx_bundle):
    files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
    before = json.loads((onnx_bundle / "manifest.json").read_text())["content_hash"]
    changed = files | {"model.onnx": files["model.onnx"] | {"runtime": False}}
    rewrite(onnx_bundle, files=changed, content_hash=before)
    with pytest.raises(BadInput, match="was changed since edgekit wrote it"):
        open_bundle(onnx_bundle)


def test_a_missing_file_is_named(onnx_bundle):
    (onnx_bundle / "config.json").unlink()
    with pytest.raises(BadInput, match=r"config\.json is in the manifest and not in the folder"):
        open_bundle(onnx_bundle)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", "a\\b", "c:x", ""])
def test_names_that_lead_out_of_the_folder_are_refused(onnx_bundle, name):
    (onnx_bundle.parent / "secret").write_text("secret")
    files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
    rewrite(onnx_bundle, files=files | {name: {"sha256": "0" * 64, "bytes": 1, "runtime": True}})
    with pytest.raises(BadInput, match="leads out of the bundle"):
        open_bundle(onnx_bundle)


def test_symbolic_links_are_refused_even_with_the_right_content(onnx_bundle):
    outside = onnx_bundle.parent / "elsewhere.json"
    (onnx_bundle / "config.json").rename(outside)
    (onnx_bundle / "config.json").symlink_to(outside)
    with pytest.raises(BadInput, match=r"config\.json is or goes through a symbolic link"):
        open_bundle(onnx_bundle)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 4}, "has format version 4; this edgekit reads 2"),
        ({"format_version": 1}, r"older format .*edgekit export CHECKPOINT --target desktop --format onnx --out /"),
        ({"task": "summarization"}, "the task is summarization"),
        ({"task": "text-generation"}, "generation is missing"),
        ({"task": "text-generation", "format_version": 3, "generation": {"eos_ids": [1]}}, "has no problem_type"),
        (
            {
                "task": "text-generation",
                "format_version": 3,
                "generation": {"eos_ids": [1]},
                "problem_type": "regression",
                "labels": ["score"],
            },
            "a model for text-generation has no problem_type, and no format that has one",
        ),
        ({"task": "text-generation", "problem_type": "regression", "generation": {"eos_ids": [1]}}, "no problem_type"),
        ({"labels": None}, "labels is missing"),
        ({"files": {"a": 1}}, r"files\.a is no object"),
        ({"files": {"a": {}}}, r"files\.a has no sha256"),
        ({"files": {"a": {"sha256": "", "bytes": True, "runtime": True}}}, r"files\.a has no bytes"),
        ({"files": {"a": {"sha256": "", "bytes": 1, "runtime": 1}}}, r"files\.a has no runtime"),
        ({"content_hash": "0" * 64}, "was changed since edgekit wrote it"),
        ({"model_file": "config2.json"}, "no hash of config2.json"),
    ],
)
def test_manifests_that_cannot_be_read(onnx_bundle, changes, message):
    rewrite(onnx_bundle, **changes)
    with pytest.raises(BadInput) as caught:
        open_bundle(onnx_bundle)
    assert re.search(message, f"{caught.value.message}: {caught.value.advice}")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_manifests_that_are_no_objects(onnx_bundle, text):
    (onnx_bundle / "manifest.json").write_text(text)
    with pytest.raises(BadInput, match=r"manifest\.json"):
        open_bundle(onnx_bundle)


def test_no_bundle(tmp_path):
    with pytest.raises(BadInput, match=r"has no manifest\.json"):
        open_bundle(tmp_path)


@pytest.mark.parametrize("line", ["{", "{}", '{"text": "a", "ids": 3}', "3"])
def test_golden_cases_that_cannot_be_read(onnx_bundle, line):
    (onnx_bundle / "golden.jsonl").write_text(line)
    seal(onnx_bundle)
    with pytest.raises(BadInput, match=r"golden\.jsonl:1: not a golden case"):
        read_golden(open_bundle(onnx_bundle))
