"""The manifest's content hash follows from its files, and from nothing else."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import File, Manifest, content_hash
from edgekit.spec.shipped import load_target


def file_of(text: str, runtime: bool = True) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text), "runtime": runtime}


NEEDED = {name: file_of(name) for name in ("model.onnx", "tokenizer.json", "config.json")}


def manifest(**changes: Any) -> dict[str, Any]:
    files = NEEDED | changes.pop("files", {})
    known = {name: File.model_validate(entry) for name, entry in files.items()}
    return {
        "name": "tiny",
        "task": "text-classification",
        "format": "onnx",
        "model_file": "model.onnx",
        "scheme": "int8-dynamic",
        "target": "rpi4",
        "target_facts": load_target("rpi4").model_dump(mode="json"),
        "runtime": "onnxruntime",
        "family": "distilbert",
        "labels": ["no", "yes"],
        "max_length": 128,
        "inputs": [{"name": "input_ids", "dtype": "int64", "shape": [None, None]}],
        "outputs": [{"name": "logits", "dtype": "float32", "shape": [None, 2]}],
        "pad_id": 0,
        "parameters": 7,
        "files": files,
        "content_hash": content_hash(known),
        "parity": {
            "reference": "checkpoint",
            "cases": 8,
            "atol": 1e-4,
            "rtol": 1e-4,
            "max_abs_difference": 1e-6,
            "labels_equal": 8,
        },
    } | changes


names = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
listings = st.dictionaries(names, st.builds(file_of, st.text(max_size=4), st.booleans()), min_size=1, max_size=5)


def hash_of(listing: dict[str, Any]) -> str:
    return content_hash({name: File.model_validate(entry) for name, entry in listing.items()})


@given(listings, st.randoms())
def test_the_hash_does_not_depend_on_the_order(listing: dict[str, Any], random: Any):
    shuffled = list(listing.items())
    random.shuffle(shuffled)
    assert hash_of(dict(shuffled)) == hash_of(listing)


@given(listings, st.data())
def test_the_hash_changes_with_any_file(listing: dict[str, Any], data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(listing)))
    rest = {other: entry for other, entry in listing.items() if other != name}
    rewritten = listing | {name: file_of("longer than any other")}
    shrunk = listing | {name: listing[name] | {"bytes": listing[name]["bytes"] + 1}}
    flipped = listing | {name: listing[name] | {"runtime": not listing[name]["runtime"]}}
    renamed = rest | {"a name longer than any other": listing[name]}
    added = listing | {"a name longer than any other": file_of("")}
    hashes = {hash_of(each) for each in (listing, rest, rewritten, shrunk, flipped, renamed, added)}
    assert len(hashes) == 7


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path):
    first = Manifest.parse(manifest(), "memory")
    path = tmp_path / "manifest.json"
    path.write_text(first.dump(), encoding="utf-8")
    assert Manifest.read(path) == first


def test_a_tampered_hash_is_refused(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest(content_hash="0" * 64)))
    with pytest.raises(UsageError, match="content_hash does not follow from the files listed"):
        Manifest.read(path)


def test_a_tampered_file_is_refused():
    mapping = manifest()
    mapping["files"]["model.onnx"]["sha256"] = "0" * 64
    with pytest.raises(UsageError, match="content_hash"):
        Manifest.parse(mapping, "a bundle")


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "a//b", ".", "", "a\\b", "a\nb", "a\0b", "./model.onnx"]
)
def test_a_file_outside_the_bundle_is_refused(name: str):
    files = {"model.onnx": file_of("model"), name: file_of("x")}
    with pytest.raises(UsageError, match="no file inside the bundle"):
        Manifest.parse(manifest(files=files), "a bundle")


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_a_device_needs_is_listed(name: str):
    mapping = manifest()
    del mapping["files"][name]
    with pytest.raises(UsageError, match=f"{name}'? is not among the files"):
        Manifest.parse(mapping, "a bundle")


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_no_flag_makes_a_bundle_smaller_than_what_a_device_needs(name: str):
    with pytest.raises(UsageError, match="runtime cannot be false"):
        Manifest.parse(manifest(files={name: file_of(name, runtime=False)}), "a bundle")


def test_the_facts_are_those_of_the_target():
    with pytest.raises(UsageError, match="target_facts are those of 'rpi4'"):
        Manifest.parse(manifest(target="rpi5"), "a bundle")


def test_size_counts_what_a_device_needs():
    files = {"model.onnx": file_of("m" * 1_500_000), "README.md": file_of("r" * 900_000, runtime=False)}
    needed = len("tokenizer.json") + len("config.json")
    assert Manifest.parse(manifest(files=files), "a bundle").size_mb == (1_500_000 + needed) / 1e6
