"""A tarball whose bytes follow from what is in it: names in order, no dates, no owners."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Mapping
from pathlib import Path

# 1980-01-01, the first that every archive format knows
_DATE = 315_532_800
_LEVEL = 6


def write_tarball(path: Path, root: str, files: Mapping[str, Path]) -> None:
    """Write `.tar.gz`: files by their names below the folder `root`; what begins with #! can be executed."""
    with (
        path.open("wb") as file,
        # no name and no date of its own in its header
        gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            with files[name].open("rb") as source:
                entry = tarfile.TarInfo(f"{root}/{name}")
                entry.size = files[name].stat().st_size
                entry.mtime = _DATE
                entry.mode = 0o755 if source.read(2) == b"#!" else 0o644
                source.seek(0)
                archive.addfile(entry, source)
