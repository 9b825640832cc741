"""What a systemd service can read: it is no person, and has neither homes nor the temporary folders of others."""

from __future__ import annotations

import stat
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

# `ProtectHome` and `PrivateTmp` of the unit hide these
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108
# as the kernel follows at most
_MOST_LINKS = 40


def obstacle(path: Path, *, replaced: bool = False) -> Optional[str]:  # noqa: UP045
    """What keeps a service from reading a file or a folder, as `PATH: why`; None if it can.

    Every folder on the way counts, also those that links lead through.
    replaced: whether it is made anew, with rights of its own
    """
    hidden = {Path(name) for name in _HIDDEN} | {Path(name).resolve() for name in _HIDDEN}
    for place, last in _way(path):
        leads = "" if place == path or place in path.parents else f"it leads to {place}, and "
        under = next((folder for folder in (place, *place.parents) if folder in hidden), None)
        if under is not None:
            return f"{path}: {leads}all in {under} is hidden from services"
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            # it is made, with rights of its own
            return None
        if stat.S_ISDIR(mode) and not mode & stat.S_IXOTH and not (last and replaced):
            return f"{path}: {leads}others may not enter {place} (chmod o+x {place})"
        if last and not replaced and not mode & stat.S_IROTH:
            return f"{path}: {leads}others may not read {place} (chmod o+r {place})"
    return None


def open_to_others(path: Path) -> Optional[str]:  # noqa: UP045
    """Which folder above a file or a folder everybody may write in, as `PATH: why`; None if there is none.

    A sticky one counts as well: whoever comes first makes what is not there yet.
    """
    for place, last in _way(path):
        try:
            mode = place.stat().st_mode
        except FileNotFoundError:
            return None
        if not last and mode & stat.S_IWOTH:
            return f"{path}: others may write in {place} (chmod o-w {place})"
    return None


def python_obstacle() -> Optional[str]:  # noqa: UP045
    """What keeps a service from running the Python that runs this, as `obstacle` says it.

    A virtual environment holds links or a copy, and takes the standard library from the Python that it was made with.
    """
    base = getattr(sys, "_base_executable", None) or sys.executable
    library = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    found = (obstacle(Path(path).absolute()) for path in (sys.executable, base, *library))
    return next((why for why in found if why is not None), None)


def _way(path: Path) -> Iterator[tuple[Path, bool]]:
    """Each folder from the root to what `path` leads to, links followed, and whether it is that; none is a link.

    Raises `OSError` for links in a circle.
    """
    place, names, links = Path("/"), list(path.parts[1:]), 0
    yield place, not names
    while names:
        name = names.pop(0)
        if name == "..":
            place = place.parent
            continue
        place /= name
        if place.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise OSError(f"{path} is a link that leads in a circle")
            target = place.readlink()
            place = Path("/") if target.is_absolute() else place.parent
            names[:0] = target.parts[1:] if target.is_absolute() else target.parts
        else:
            yield place, not names
