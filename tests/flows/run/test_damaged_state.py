"""A run goes on whatever became of its journal and of the marks of what it made."""

from __future__ import annotations

import shutil

import pytest

from edgekit.errors import UsageError
from edgekit.flows.run.journal import FILE, Journal
from edgekit.io.atomic import check_output

DAMAGES = {"emptied": b"", "truncated": b'{"teacher": {"key"', "flipped": b"\xff{}", "of another kind": b"[1]"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_journal_that_cannot_be_read_knows_that_a_run_was_here(tmp_path, damage):
    journal = Journal(tmp_path)
    journal.record("teacher", "key", {}, tmp_path)
    (tmp_path / FILE).write_bytes(DAMAGES[damage])
    again = Journal(tmp_path)
    assert again.damaged and again.knows("teacher")
    assert again.reason_to_run("teacher", "key", {}, tmp_path) == "never run"
    again.record("teacher", "key", {}, tmp_path)
    assert not Journal(tmp_path).damaged


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_has_a_damaged_mark_is_made_anew(tmp_path, damage, tiny_checkpoint, onnx_bundle):
    checkpoint = shutil.copytree(tiny_checkpoint, tmp_path / "teacher")
    (checkpoint / "edgekit.json").write_bytes(DAMAGES[damage])
    (onnx_bundle / "manifest.json").write_bytes(DAMAGES[damage])
    for folder in (checkpoint, onnx_bundle):
        check_output(folder, force=True)
    # without golden cases it is anybody's manifest
    (onnx_bundle / "golden.jsonl").unlink()
    with pytest.raises(UsageError, match="edgekit did not make it"):
        check_output(onnx_bundle, force=True)
