"""A file that a person names is written where a link leads, and into a pipe or a device, none of which is replaced."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from edgekit.errors import UsageError
from edgekit.io.atomic import write_named_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    link, real = tmp_path / "links" / "report.html", tmp_path / "real" / "report.html"
    link.parent.mkdir()
    link.symlink_to("../real/hop.html")
    (tmp_path / "real" / "hop.html").symlink_to(real)
    for text in ("one", "two"):
        write_named_text(link, text)
        assert link.is_symlink()
        assert real.read_text() == text
    assert names(tmp_path / "links") == ["report.html"]
    assert names(tmp_path / "real") == ["hop.html", "report.html"]


def test_links_in_a_circle_are_told(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="a cannot be written"):
        write_named_text(tmp_path / "a", "x")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write_named_text(link, "into it")
        assert reader.stdout.read() == b"into it"
    assert names(tmp_path) == ["link", "pipe"]
    assert pipe.is_fifo()
    write_named_text(Path("/dev/null"), "nothing")
    assert Path("/dev/null").is_char_device()
