"""Zip archives whose large files can be mapped into memory, the same bytes for the same content."""

from __future__ import annotations

import zipfile
from pathlib import Path

# the earliest that a zip file can say
_DATE = (1980, 1, 1, 0, 0, 0)
_ALIGNMENT = 4
_HEADER_BYTES = 30
# an extra field that only fills: its id as zipalign writes it
_FILLER = b"\x35\xd9"


def write_archive(folder: Path, archive: Path) -> None:
    """Pack all files below `folder`; those below `assets/` are stored as they are, each at a multiple of 4 bytes."""
    with archive.open("wb") as file, zipfile.ZipFile(file, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = _entry(path.relative_to(folder).as_posix(), file.tell())
                packed.writestr(entry, path.read_bytes())


def _entry(name: str, begins_at: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    if name.startswith("assets/"):
        entry.compress_type = zipfile.ZIP_STORED
        entry.extra = _filler(begins_at + _HEADER_BYTES + len(name.encode()))
    else:
        entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _filler(data_at: int) -> bytes:
    """An extra field after which data that would begin at `data_at` begins at a multiple of 4."""
    missing = -(data_at + len(_FILLER) + 2) % _ALIGNMENT
    return _FILLER + missing.to_bytes(2, "little") + b"\0" * missing
