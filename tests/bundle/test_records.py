"""Records beside a bundle's model: written under their conditions, sealed, sorted by kind, refused when changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from record_makers import generation, latency, machine

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import GoldenRun, Records, age_of, dumped, write_record
from edgekit.errors import UsageError
from edgekit.io.hashing import value_sha256


def read_records(bundle):
    return BundleFolder(bundle).records


def golden(**changes):
    value = {
        "taken_at": "2026-11-28T12:00:00+00:00",
        "agent_version": "1",
        "fingerprint": machine(),
        "content_hash": "a" * 64,
        "runtime": "onnxruntime",
        "cases": 4,
        "max_abs_difference": 0.0,
    }
    return GoldenRun.parse(value | changes, "a record")


def test_a_record_takes_the_place_of_one_under_the_same_conditions_alone(tmp_path):
    first = write_record(tmp_path, golden(cases=1), {"threads": 1, "length": 16})
    again = write_record(tmp_path, golden(cases=2), {"length": 16, "threads": 1})
    other = write_record(tmp_path, golden(cases=3), {"length": 16, "threads": 2})
    assert first == again == tmp_path / "measurements" / first.name
    assert first.name.startswith("golden-") and len(first.stem) == len("golden-") + 12
    assert {path.name for path in (tmp_path / "measurements").iterdir()} == {first.name, other.name}
    assert sorted(record.cases for record in read_records(tmp_path).golden) == [2, 3]


def test_text_is_written_as_it_is(tmp_path):
    path = write_record(tmp_path, golden(runtime="größer 明天"), {})
    assert '"größer 明天"' in path.read_text(encoding="utf-8")
    assert read_records(tmp_path).golden[0].runtime == "größer 明天"


def test_a_bundle_without_records_has_none(tmp_path):
    assert read_records(tmp_path) == Records()


def test_records_come_by_kind_and_in_the_order_of_their_names(onnx_bundle):
    manifest = Manifest.of(onnx_bundle)
    folder = onnx_bundle / "measurements"
    folder.mkdir()
    records = {
        "3": latency(manifest, 3.0, length=8),
        "1": latency(manifest, 1.0, length=16),
        "2": latency(manifest, 2.0, length=32),
        "0": golden(),
        "4": generation(manifest),
    }
    for name, record in records.items():
        (folder / f"{name}.json").write_text(dumped(record))
    (folder / "notes.txt").write_text("not a record")
    found = read_records(onnx_bundle)
    assert [record.length for record in found.latency] == [16, 32, 8]
    assert found.golden == (records["0"],)
    assert found.generation == (records["4"],)
    assert found.tools == found.instructions == ()


def changed(record, **changes):
    """The text of a record's file after somebody edited it."""
    value = json.loads(dumped(record)) | changes
    return json.dumps({key: part for key, part in value.items() if part is not ...})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cases": 5}, "was changed since it was measured"),
        ({"max_abs_difference": 0.1}, "was changed since it was measured"),
        ({"max_abs_difference": ...}, "was changed since it was measured"),
        ({"more": 1}, "was changed since it was measured"),
        ({"sha256": "0" * 64}, "was changed since it was measured"),
        ({"sha256": None}, "was changed since it was measured"),
        ({"sha256": ...}, "was changed since it was measured"),
        # text that no hash can be made of is not sealed by having no seal
        ({"runtime": "\ud800", "sha256": ...}, "was changed since it was measured"),
        ({"runtime": "\ud800", "sha256": None}, "was changed since it was measured"),
        ({"kind": "bronze"}, "is no record that this edgekit reads"),
        ({"kind": None}, "is no record that this edgekit reads"),
        ({"kind": ["golden"]}, "is no record that this edgekit reads"),
        ({"format_version": 1}, "is no record that this edgekit reads"),
        ({"format_version": 3}, "is no record that this edgekit reads"),
        ({"format_version": ...}, "is no record that this edgekit reads"),
    ],
)
def test_a_record_that_is_not_as_it_was_written_is_refused_by_name(tmp_path, changes, sentence):
    path = write_record(tmp_path, golden(), {})
    path.write_text(changed(golden(), **changes))
    with pytest.raises(UsageError, match=sentence) as caught:
        read_records(tmp_path)
    assert str(path) in caught.value.message
    assert "edgekit profile" in str(caught.value.advice)


@pytest.mark.parametrize("changes", [{"cases": 0}, {"max_abs_difference": -1e-9}, {"more": 1}, {"runtime": ...}])
def test_a_seal_in_order_does_not_make_a_record(tmp_path, changes):
    value = json.loads(changed(golden(), sha256=..., **changes))
    path = write_record(tmp_path, golden(), {})
    path.write_text(json.dumps(value | {"sha256": value_sha256(value)}))
    with pytest.raises(UsageError):
        read_records(tmp_path)


def test_the_order_of_keys_and_the_blanks_of_a_file_are_no_change(tmp_path):
    path = write_record(tmp_path, golden(), {})
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3, sort_keys=True))
    assert read_records(tmp_path).golden == (golden(),)


@pytest.mark.parametrize("days", [0.0, 1.5, 12.0, -0.25])
def test_the_age_of_a_record_is_in_days(days):
    record = golden()
    now = datetime(2026, 11, 28, 12, tzinfo=UTC) + timedelta(days=days)
    assert age_of(record, now) == pytest.approx(days)
