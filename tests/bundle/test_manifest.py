"""The hashes of a manifest: of what decides an answer, and of all that it says."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_edits import edited

from edgekit.agent.inference.content_hash import FACTS, HEAD_FACTS, canonical, content_hash, follows, is_whole, seal_of
from edgekit.bundle.manifest import Manifest
from edgekit.errors import UsageError
from edgekit.io.hashing import value_sha256
from edgekit.schema.resources import load_target


def file_of(text: str, runtime: bool = True) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text), "runtime": runtime}


NEEDED = {name: file_of(name) for name in ("model.onnx", "tokenizer.json", "config.json")}


def manifest(**changes: Any) -> dict[str, Any]:
    """A manifest as it lies on disk, both of its hashes in order."""
    files = NEEDED | changes.pop("files", {})
    fields = {
        "format_version": 2,
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
        "lengths": [],
        "generation": None,
        "plan": None,
        "blocks": [],
        "inputs": [{"name": "input_ids", "dtype": "int64", "shape": [None, None]}],
        "outputs": [{"name": "logits", "dtype": "float32", "shape": [None, 2]}],
        "pad_id": 0,
        "parameters": 7,
        "files": files,
        "parity": {
            "reference": "checkpoint",
            "cases": 8,
            "atol": 1e-4,
            "rtol": 1e-4,
            "max_abs_difference": 1e-6,
            "labels_equal": 8,
        },
    } | changes
    return sealed(fields)


def sealed(fields: dict[str, Any]) -> dict[str, Any]:
    """A manifest with its hashes computed again."""
    rest = {key: value for key, value in fields.items() if key not in ("content_hash", "sha256")}
    rest["content_hash"] = content_hash(rest)
    return rest | {"sha256": value_sha256(rest)}


names = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
listings = st.dictionaries(names, st.builds(file_of, st.text(max_size=4), st.booleans()), min_size=1, max_size=5)


def hash_of(listing: dict[str, Any]) -> str:
    return content_hash({"files": listing})


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


def reference(value: Any) -> str:
    """The bytes of a value, written down from the description alone."""
    if value is None:
        return "n"
    if value is True or value is False:
        return "ft"[value]
    if isinstance(value, (int, float)):
        [bits] = struct.unpack(">Q", struct.pack(">d", 0 if value == 0 else value))
        return f"d{bits:016x}"
    if isinstance(value, str):
        return f"s{len(value.encode())}:{value}"
    if isinstance(value, list):
        return f"[{''.join(map(reference, value))}]"
    return "{" + "".join(reference(key) + reference(value[key]) for key in sorted(value, key=str.encode)) + "}"


plain = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    plain | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(json_values)
def test_the_bytes_of_a_value_are_those_of_the_description_and_come_back_from_json(value: Any):
    assert canonical(value) == reference(value).encode()
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


def test_the_content_hash_of_one_manifest_by_hand():
    lines = "".join(
        f"{name}\0{NEEDED[name]['sha256']}\0{len(name)}\0{1}\n"
        for name in ("config.json", "model.onnx", "tokenizer.json")
    )
    fields = manifest()
    facts = reference({key: fields.get(key) for key in FACTS})
    assert fields["content_hash"] == hashlib.sha256((lines + facts).encode()).hexdigest()
    assert "s6:labels[s2:nos3:yes]" in facts


@pytest.mark.parametrize("key", FACTS)
def test_every_fact_that_decides_an_answer_is_under_the_content_hash(key: str):
    fields = manifest()
    assert content_hash(fields | {key: "another"}) != fields["content_hash"]


def test_what_is_not_under_the_content_hash_decides_no_answer():
    """What may change without another hash is named here; a new field of a manifest has to choose.

    `pairs` says only what to answer where the file has no answer.
    """
    free = {"accuracy", "perplexity", "lineage", "lineage_sha256", "notes", "format_version", "name", "parameters"}
    free |= {"pairs", "label_sets", "numbers"}
    hashed_otherwise = {"files", "content_hash", "sha256"}
    assert set(Manifest.model_fields) - set(FACTS) - set(HEAD_FACTS) - hashed_otherwise <= free
    fields = manifest()
    assert content_hash(fields | dict.fromkeys(free, "another")) == fields["content_hash"]


def test_the_content_hash_is_the_same_for_ever():
    """Written down once: bundles of today must be whole for every later edgekit of this format."""
    fields = {
        "files": {"ä": {"sha256": "1" * 64, "bytes": 3, "runtime": True}, "b": {"sha256": "2" * 64, "bytes": 0}},
        "labels": ["größer", "no"],
        "max_length": 128,
        "parity": {"atol": 1e-4, "rtol": -0.0},
        "pad_id": None,
        "name": "not hashed",
    }
    fields["files"]["b"]["runtime"] = False
    assert content_hash(fields) == "c82797671a7b72cc335e0c4810e7293f086740b5797051b05d0312b703858d4e"


def test_a_manifest_that_is_none_follows_from_nothing():
    whole = manifest()
    assert is_whole(whole) and follows(whole)
    # text that is no Unicode, and a number beyond any double
    for changes in ({"labels": ["\ud800"]}, {"pad_id": 10**400}, {"plan": {3: object()}}):
        assert not follows(whole | changes)
        assert not follows(whole | changes | {"content_hash": None})
    for changes in ({"labels": ["\ud800"]}, {"labels": ["\ud800"], "sha256": None}, {"labels": []}, {"sha256": None}):
        assert not is_whole(whole | changes)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert not follows(whole | {"plan": deep})
    assert not is_whole(whole | {"plan": deep})
    assert not is_whole({}) and not is_whole({"sha256": None})


@given(st.data())
def test_whatever_is_edited_or_deleted_by_hand_is_noticed(data: st.DataObject):
    fields = edited(manifest(), data, json_values)
    with pytest.raises(UsageError, match=r"was changed since edgekit wrote it|format"):
        Manifest.parse(fields, "bundle/manifest.json")


def test_a_seal_that_was_computed_again_does_not_help():
    fields = manifest() | {"labels": ["yes", "no"]}
    del fields["sha256"]
    with pytest.raises(UsageError, match="was changed since edgekit wrote it"):
        Manifest.parse(fields | {"sha256": value_sha256(fields)}, "bundle/manifest.json")


def test_an_older_bundle_is_refused_with_the_command_that_renews_it():
    old = manifest() | {"format_version": 1}
    with pytest.raises(UsageError, match="is of an older format") as caught:
        Manifest.parse(old, "my bundles/rpi4/manifest.json")
    command = "edgekit export CHECKPOINT --target rpi4 --format onnx --out 'my bundles/rpi4' --force"
    assert caught.value.advice == f"renew the bundle from the checkpoint that it was made of: {command}"


@pytest.mark.parametrize(
    "value", ["x; rm -rf ~", "$(reboot)", "-o", "", "a b", "rpi4\n", "x" * 61, 4, None, True, ["rpi4"], {"a": 1}]
)
@pytest.mark.parametrize("key", ["target", "format"])
def test_nothing_but_a_plain_word_of_an_older_bundle_gets_into_the_command(key: str, value: Any):
    old = manifest() | {"format_version": 1, key: value}
    with pytest.raises(UsageError, match="is of an older format") as caught:
        Manifest.parse(old, "rpi4/manifest.json")
    words = {"target": "rpi4", "format": "onnx"} | {key: key.upper()}
    command = f"edgekit export CHECKPOINT --target {words['target']} --format {words['format']} --out rpi4 --force"
    assert str(caught.value.advice).endswith(f": {command}")


@pytest.mark.parametrize(
    ("version", "shown"),
    [(0, "0"), (4, "4"), (-999, "-999"), (999, "999"), (1000, "unknown"), (-1000, "unknown")]
    + [(version, "unknown") for version in (True, "2", None, 10**50, 2.5)],
)
def test_a_format_that_nobody_knows_is_refused(version: Any, shown: str):
    with pytest.raises(UsageError, match=f"has format version {shown}; this edgekit reads 2"):
        Manifest.parse(manifest() | {"format_version": version}, "bundle/manifest.json")


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", [3, (4, object())], {"a": {"b": 1j}}])
def test_what_json_cannot_hold_has_no_bytes(value: Any):
    with pytest.raises(TypeError, match="is no JSON value"):
        canonical(value)


def test_the_seal_is_over_text_as_it_is():
    """Agents of other versions compute the same: no escapes, the keys in their order."""
    fields = {"sha256": "left out", "b": "größer 明天", "a": [1, None]}
    text = '{"a": [1, null], "b": "größer 明天"}'
    assert seal_of(fields) == hashlib.sha256(text.encode()).hexdigest() == value_sha256(json.loads(text))


@pytest.mark.parametrize("facts", [{"arch": "x86_64"}, {"os": "android"}, {"cpu": {"model": "a PC", "cores": 8}}])
def test_a_bundle_for_another_class_of_device_cannot_bear_a_shipped_name(facts: dict[str, Any]):
    own = load_target("rpi4").model_dump(mode="json") | facts
    with pytest.raises(UsageError, match="a target rpi4 with other facts is shipped with edgekit"):
        Manifest.parse(manifest(target_facts=own), "bundle/manifest.json")


def test_better_facts_of_later_versions_leave_a_bundle_as_it_is():
    own = load_target("rpi4").model_dump(mode="json") | {"threads": 3, "lengths": [8, 16]}
    assert Manifest.parse(manifest(target_facts=own), "bundle/manifest.json").target_facts.threads == 3


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
        Manifest.parse(sealed(mapping), "a bundle")


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
