"""Outputs whole or not at all, and nobody's folder but edgekit's own is ever replaced."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from edgekit.errors import UsageError
from edgekit.io.atomic import check_output, new_folder, write_text
from edgekit.io.rename_exchange import exchange
from edgekit.io.signals import Stopped, defer_signals, raise_stopped

# what edgekit.json and manifest.json say, as far as anybody looks
MARK = '{"format_version": 1, "lineage": [], "content_hash": ""}'


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
    (out / marker).write_text(MARK)
    with new_folder(out, force=True) as folder:
        (folder / "new").write_text("x")
    assert names(out) == ["new"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    "files",
    [
        # the manifest of a web app, beside somebody's thesis and on its own
        {"thesis.txt": "years of work", "webapp/manifest.json": '{"name": "app", "icons": []}'},
        {"webapp/manifest.json": '{"name": "app", "icons": []}'},
        {"manifest.json": "not JSON"},
        # bundles of edgekit's, among other things
        {"onnx/manifest.json": "MARK", "thesis.txt": "years of work"},
        {"onnx/manifest.json": "MARK", "photos/1.jpg": "x"},
        {"edgekit.json": "MARK", "photos/1.jpg": "x"},
    ],
)
def test_what_only_looks_like_edgekits_is_never_replaced(tmp_path, files):
    out = tmp_path / "out"
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(MARK if text == "MARK" else text)
    before = sorted(out.rglob("*"))
    with pytest.raises(UsageError, match="did not make it"), new_folder(out, force=True):
        pass
    assert sorted(out.rglob("*")) == before


PACKAGE = '{"format_version": 1, "platform": "web", "files": {"lib/index.js": "", "README.md": ""}}'


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, None),
        ({"node_modules/x/index.js": "years of work"}, "holds node_modules/x/index.js, which edgekit did not write"),
        ({"edgekit-package.json": '{"files": ["lib/index.js"]}'}, "did not make it"),
        ({"edgekit-package.json": "[1]"}, "did not make it"),
        ({"edgekit-package.json": PACKAGE.replace("{", "[").replace("}", "]")}, "did not make it"),
        ({"edgekit-package.json": '{"format_version": 1, "platform": "web", "files": 3}'}, "did not make it"),
    ],
)
def test_a_package_is_replaced_when_it_holds_nothing_else(tmp_path, others, said):
    out = tmp_path / "web"
    files = {"lib/index.js": "x", "README.md": "x", "edgekit-package.json": PACKAGE} | others
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    if said is None:
        check_output(out, force=True)
    else:
        with pytest.raises(UsageError, match=said):
            check_output(out, force=True)


def test_the_model_one_starts_from_is_never_overwritten(tmp_path):
    source = tmp_path / "models" / "teacher"
    source.mkdir(parents=True)
    for out in (source, source.parent):
        with pytest.raises(UsageError, match="starts from"):
            check_output(out, force=True, sources=[source])


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


def test_the_old_folder_stands_under_the_name_until_the_new_one_does(tmp_path, monkeypatch):
    out = made(tmp_path / "out", "old")
    seen = []
    for name in ("rename", "replace"):
        monkeypatch.setattr(f"pathlib.Path.{name}", lambda self, target: seen.append((self, target)))
    with new_folder(out, force=True) as folder:
        (folder / "said").write_text("new")
    assert (out / "said").read_text() == "new"
    assert seen == [], "one exchange, and no moment without the name"
    assert names(tmp_path) == ["out"]


def made(folder, content):
    folder.mkdir()
    (folder / "manifest.json").write_text(MARK)
    (folder / "said").write_text(content)
    return folder


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("renames", [0, 1])
def test_killed_while_replacing_where_nothing_can_be_exchanged(tmp_path, monkeypatch, renames):
    out = made(tmp_path / "out", "old")
    monkeypatch.setattr("edgekit.io.atomic.exchange", lambda one, other: False)
    monkeypatch.setattr("edgekit.io.atomic._remove", lambda path: None)
    rename, done = Path.rename, []

    def dies(self, target):
        if len(done) == renames:
            raise Killed
        done.append(rename(self, target))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", dies)
        with pytest.raises(Killed), new_folder(out, force=True) as folder:
            (folder / "said").write_text("new")
    monkeypatch.undo()
    with pytest.raises(UsageError, match="exists"):
        check_output(out, force=False)
    assert (out / "said").read_text() == "old"
    with new_folder(out, force=True) as folder:
        (folder / "said").write_text("newer")
    assert names(tmp_path) == ["out"]


def test_where_nothing_can_be_exchanged_a_folder_is_replaced_all_the_same(tmp_path, monkeypatch):
    out = made(tmp_path / "out", "old")
    monkeypatch.setattr("edgekit.io.atomic.exchange", lambda one, other: False)
    with new_folder(out, force=True) as folder:
        (folder / "said").write_text("new")
    assert (out / "said").read_text() == "new"
    assert names(tmp_path) == ["out"]


@pytest.fixture
def renames(monkeypatch):
    """What is done before each rename from now on, by its number; nothing can be exchanged."""
    before, real, done = {}, Path.rename, []

    def rename(self, target):
        done.append(target)
        before.get(len(done), lambda: None)()
        return real(self, target)

    monkeypatch.setattr("edgekit.io.atomic.exchange", lambda one, other: False)
    monkeypatch.setattr("pathlib.Path.rename", rename)
    return before


def test_where_the_second_rename_fails_the_old_folder_has_its_name_again(tmp_path, renames):
    out = made(tmp_path / "out", "old")

    def fails():
        assert not out.exists(), "between the two"
        raise OSError(errno.EROFS, "Read-only file system", str(out))

    renames[2] = fails
    with pytest.raises(UsageError, match="Read-only file system"), new_folder(out, force=True) as folder:
        (folder / "said").write_text("new")
    assert (out / "said").read_text() == "old"
    assert names(tmp_path) == ["out"]


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def stopping(request):
    """A signal that raises `Stopped`."""
    before = signal.signal(request.param, raise_stopped)
    yield request.param
    assert signal.getsignal(request.param) is raise_stopped, "the handler is what it was"
    signal.signal(request.param, before)


@pytest.mark.parametrize("moment", [1, 2])
def test_a_signal_during_the_renames_waits_for_the_last_of_them(tmp_path, renames, stopping, moment):
    out = made(tmp_path / "out", "old")
    renames[moment] = lambda: os.kill(os.getpid(), stopping)
    with pytest.raises(Stopped, match=stopping.name), new_folder(out, force=True) as folder:
        (folder / "said").write_text("new")
    assert (out / "said").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_a_signal_while_a_first_output_takes_its_name_waits(tmp_path, renames, stopping):
    renames[1] = lambda: os.kill(os.getpid(), stopping)
    with pytest.raises(Stopped, match=stopping.name), new_folder(tmp_path / "out") as folder:
        (folder / "said").write_text("new")
    assert names(tmp_path) == ["out"]


def test_a_signal_while_a_temporary_folder_is_removed_waits(tmp_path, monkeypatch, stopping):
    real = shutil.rmtree

    def rmtree(path, **how):
        os.kill(os.getpid(), stopping)
        real(path, **how)

    monkeypatch.setattr("shutil.rmtree", rmtree)
    with pytest.raises(Stopped, match=stopping.name), new_folder(tmp_path / "out"):
        raise RuntimeError
    assert names(tmp_path) == []


def test_a_temporary_folder_that_a_sweep_took_is_made_again(tmp_path, monkeypatch):
    """Another process may take it for left over at two moments: before it is opened, and before it is locked."""
    import fcntl

    from edgekit.io import atomic

    opened, locked, swept = os.open, fcntl.flock, []

    def sweep():
        (temporary,) = tmp_path.glob(".out.*.tmp")
        swept.append(temporary)
        temporary.rmdir()

    def open_late(path, *how):
        if not swept:
            sweep()
        return opened(path, *how)

    def lock_late(descriptor, how):
        if len(swept) == 1:
            sweep()
        locked(descriptor, how)

    monkeypatch.setattr(atomic.os, "open", open_late)
    monkeypatch.setattr(atomic.fcntl, "flock", lock_late)
    with new_folder(tmp_path / "out") as folder:
        (folder / "whole").write_text("x")
    assert len(swept) == 2
    assert names(tmp_path / "out") == ["whole"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(("platform", "call"), [("linux", "renameat2"), ("darwin", "renamex_np")])
@pytest.mark.parametrize(("said", "done"), [(0, True), (-1, False), (None, False)])
def test_exchange_believes_what_the_system_says(tmp_path, monkeypatch, platform, call, said, done):
    asked = []

    def system(*given):
        asked.append(given)
        return said

    # a C library of before 2018 has no such call
    library = SimpleNamespace(**({call: system} if said is not None else {}))
    monkeypatch.setattr("edgekit.io.rename_exchange.ctypes.CDLL", lambda name, use_errno: library)
    monkeypatch.setattr("edgekit.io.rename_exchange.sys.platform", platform)
    assert exchange(tmp_path / "one", tmp_path / "other") is done
    one, other = os.fsencode(tmp_path / "one"), os.fsencode(tmp_path / "other")
    # 2 is the flag for a swap, -100 the current folder
    wanted = (one, other, 2) if platform == "darwin" else (-100, one, -100, other, 2)
    assert asked == ([] if said is None else [wanted])


def test_exchange_says_so_where_one_of_the_two_is_missing(tmp_path):
    here = made(tmp_path / "here", "x")
    assert not exchange(here, tmp_path / "not-there")
    assert names(tmp_path) == ["here"]


# makes a temporary sibling of `out`, says so, and waits to be killed
LINGERS = """
import sys, time
from pathlib import Path
from edgekit.io.atomic import new_folder
with new_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("x")
    print("begun", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_makes_is_not(tmp_path):
    out = tmp_path / "[out]*"
    with subprocess.Popen([sys.executable, "-c", LINGERS, out], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"begun\n"
        with new_folder(out) as folder:
            (folder / "whole").write_text("x")
        assert len(names(tmp_path)) == 2, "the other's folder is still there"
        other.kill()
    with pytest.raises(RuntimeError), new_folder(tmp_path / "[out]*" / "deeper"):
        raise RuntimeError
    assert len(names(tmp_path)) == 2, "nor is another output's"
    (out / "manifest.json").write_text(MARK)
    (out / "whole").unlink()
    with new_folder(out, force=True):
        pass
    assert names(tmp_path) == ["[out]*"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EROFS, "Read-only file system"),
        Exception("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
        RuntimeError("basic_ios::clear: iostream error"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_libraries_say_in_their_own_ways_that_a_disk_takes_nothing(tmp_path, error):
    with pytest.raises(UsageError, match="out cannot be written: "), new_folder(tmp_path / "out"):
        raise error
    assert names(tmp_path) == []


def test_an_error_about_a_file_elsewhere_is_not_taken_for_one_about_the_output(tmp_path):
    elsewhere = tmp_path.parent / "elsewhere"
    with pytest.raises(PermissionError), new_folder(tmp_path / "out"):
        raise PermissionError(errno.EACCES, "Permission denied", str(elsewhere))


def test_a_signal_during_the_putting_away_waits_until_it_is_done(tmp_path):
    done = []
    signal.signal(signal.SIGTERM, raise_stopped)
    try:
        with pytest.raises(Stopped), defer_signals():
            signal.raise_signal(signal.SIGTERM)
            done.append("put away")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert done == ["put away"]
