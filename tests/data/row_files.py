"""Files of rows as the tests of this folder write them."""

from __future__ import annotations

from edgekit.options.data_options import DataSpec


def write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def folder(tmp_path, train="sentence\tlabel\ngood\t1\nbad\t0\n", **others):
    write(tmp_path / "train.tsv", train)
    for name, text in others.items():
        write(tmp_path / f"{name}.tsv", text)
    return DataSpec.from_text(str(tmp_path))
