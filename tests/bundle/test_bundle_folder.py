"""A bundle's folder: what is read once, what is written through it, and what was changed behind its back."""

import shutil

import pytest
from gate_command import keep
from record_makers import accuracy, latency

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.manifest import Manifest
from edgekit.errors import UsageError
from edgekit.options.model_ref import ModelRef


def noted(note):
    return lambda manifest: manifest.model_copy(update={"notes": (*manifest.notes, note)})


def test_what_was_read_is_not_read_again(onnx_bundle):
    keep(onnx_bundle, 10, length=16)
    folder = BundleFolder(onnx_bundle)
    manifest, records, checked = folder.manifest, folder.records, folder.checked()
    assert manifest == Manifest.of(onnx_bundle)
    assert [record.length for record in records.latency] == [16]
    (onnx_bundle / "manifest.json").unlink()
    shutil.rmtree(onnx_bundle / "measurements")
    assert folder.manifest is manifest
    assert folder.records == records
    assert folder.checked() is checked


def test_a_file_that_is_written_after_it_was_checked_is_checked_again(onnx_bundle):
    folder = BundleFolder(onnx_bundle)
    folder.checked()
    tokenizer = onnx_bundle / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes().replace(b"light", b"night"))
    with pytest.raises(UsageError, match=r"tokenizer\.json is not the file of the manifest"):
        folder.checked()


def test_what_is_kept_is_known_without_reading_it(onnx_bundle):
    folder = BundleFolder(onnx_bundle)
    assert folder.records.latency == ()
    record = latency(folder.manifest, 10, length=16)
    path = folder.keep(record, {"length": 16})
    again = latency(folder.manifest, 20, length=16)
    assert folder.keep(again, {"length": 16}) == path
    path.write_text("{}")
    assert folder.records.latency == (again,)


def test_a_changed_manifest_is_known_without_reading_it(onnx_bundle):
    folder = BundleFolder(onnx_bundle)
    before = folder.checked()
    folder.update_manifest(before.content_hash, noted("first"))
    assert folder.manifest.notes[-1] == "first"
    assert folder.checked().manifest["notes"][-1] == "first"
    assert folder.manifest == Manifest.of(onnx_bundle)


def test_what_another_wrote_meanwhile_is_not_lost(onnx_bundle):
    one, other = BundleFolder(onnx_bundle), BundleFolder(onnx_bundle)
    content_hash = one.manifest.content_hash
    assert other.manifest.content_hash == content_hash
    found = accuracy(content_hash, 90.0)
    one.update_manifest(content_hash, lambda manifest: manifest.model_copy(update={"accuracy": (found,)}))
    other.update_manifest(content_hash, noted("second"))
    assert Manifest.of(onnx_bundle).accuracy == (found,)
    assert Manifest.of(onnx_bundle).notes[-1] == "second"


def test_a_bundle_that_is_another_by_now_is_not_written(onnx_bundle, tflite_bundle):
    folder = BundleFolder(onnx_bundle)
    content_hash = folder.manifest.content_hash
    before = shutil.copyfile(tflite_bundle / "manifest.json", onnx_bundle / "manifest.json").read_bytes()
    with pytest.raises(UsageError, match="is another bundle than the one that was evaluated"):
        folder.update_manifest(content_hash, noted("third"))
    assert (onnx_bundle / "manifest.json").read_bytes() == before


def test_a_folder_that_is_no_bundle_says_so_when_it_is_asked(tmp_path):
    folder = BundleFolder(tmp_path)
    for ask in (lambda: folder.manifest, folder.checked):
        with pytest.raises(UsageError, match=r"it has no manifest\.json") as caught:
            ask()
        assert caught.value.advice == "make one: edgekit export"
    assert folder.records.latency == ()


def test_a_model_is_a_bundle_or_a_checkpoint(onnx_bundle, tmp_path):
    assert isinstance(bundle_or_checkpoint(onnx_bundle), BundleFolder)
    assert isinstance(bundle_or_checkpoint(str(onnx_bundle)), BundleFolder)
    assert bundle_or_checkpoint("owner/name") == ModelRef("owner/name")
    folder = BundleFolder(tmp_path)
    assert bundle_or_checkpoint(folder) is folder
