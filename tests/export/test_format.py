"""Files that are no model."""

from __future__ import annotations

import pytest
from tiny_bundle import tiny_onnx, write_tflite

from edgekit.errors import ToolError
from edgekit.export.format import format_named


def parts_of(path):
    return format_named(path.suffix[1:]).file_parts(path)


@pytest.mark.parametrize("write", [tiny_onnx, write_tflite])
def test_parts_add_up_to_the_file(tmp_path, write):
    path = write(tmp_path / ("model.onnx" if write is tiny_onnx else "model.tflite"))
    assert sum(parts_of(path).values()) == path.stat().st_size


@pytest.mark.parametrize("name", ["model.onnx", "model.tflite"])
@pytest.mark.parametrize("content", [b"", b"no model at all", b"\xff" * 400, b"\x1c\0\0\0TFL3" + b"\xfe\x7f\0\0" * 20])
def test_corrupt_files_are_one_clear_error(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ToolError, match=f"{name} cannot be read"):
        parts_of(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_truncated_files(tmp_path, part):
    for path in (tiny_onnx(tmp_path / "model.onnx"), write_tflite(tmp_path / "model.tflite")):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(ToolError):
            parts_of(path)
