"""Outputs whole or not at all, and nobody's folder but edgekit's own is ever replaced."""

from __future__ import annotations

import errno

import pytest

from edgekit.spec.atomic import check_output, new_folder, write_text
from edgekit.spec.errors import UsageError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_folder_appears_only_when_the_block_ends_well(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RuntimeError), new_folder(out) as folder:
        (folder / "half").write_text("x")
        raise RuntimeError
    assert names(tmp_path) == []
    with new_folder(out) as folder:
        (folder / "whole").write_text("x")
        assert not out.exists()
    assert names(tmp_path) == ["out"]
    assert names(out) == ["whole"]


def test_existing_output_needs_force_and_must_be_edgekits_own(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists"):
        check_output(thesis, force=False)
    with pytest.raises(UsageError, match="did not make it"), new_folder(thesis, force=True):
        pass
    assert names(thesis) == ["chapter.txt"]


@pytest.mark.parametrize("marker", ["edgekit.json", "manifest.json", "onnx/manifest.json"])
def test_own_folder_is_replaced_whole(tmp_path, marker):
    out = tmp_path / "out"
    (out / marker).parent.mkdir(parents=True)
    (out / marker).write_text("{}")
    with new_folder(out, force=True) as folder:
        (folder / "new").write_text("x")
    assert names(out) == ["new"]
    assert names(tmp_path) == ["out"]


def test_the_model_one_starts_from_is_never_overwritten(tmp_path):
    source = tmp_path / "models" / "teacher"
    source.mkdir(parents=True)
    for out in (source, source.parent):
        with pytest.raises(UsageError, match="starts from"):
            check_output(out, force=True, source=source)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="No space left"), new_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_an_error_that_is_not_about_writing_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "out"):
        (tmp_path / "not-there").read_text()


def test_a_file_in_the_way_is_refused_and_stays(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="did not make it"), new_folder(tmp_path / "out", force=True):
        pass
    assert (tmp_path / "out").read_text() == "mine"
    assert names(tmp_path) == ["out"]


def test_text_is_replaced_at_once(tmp_path):
    path = tmp_path / "deep" / "file.json"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert names(path.parent) == ["file.json"]
