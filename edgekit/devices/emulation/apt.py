"""Packages of Debian and Ubuntu by apt and dpkg-deb, in a folder of one's own: no root is needed."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import ToolError, UsageError

MIRROR = "EDGEKIT_DEBIAN_MIRROR"
_SECONDS = 900
_CONFIGURATION = """Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Debug::NoLocking "true";
"""
_FOREIGN = """Dir::State::status "{folder}/status";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/none";
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
"""


@dataclass(frozen=True)
class System:
    """Where a distribution has the packages of other architectures. keys: that sign its lists"""

    name: str
    codename: str
    site: str
    suites: tuple[str, ...]
    components: str
    keys: Path


def this_system() -> System:
    """The distribution of this machine; `UsageError` where it is neither Debian nor Ubuntu."""
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        facts = {}
    codename, mirror = facts.get("VERSION_CODENAME", ""), os.environ.get(MIRROR)
    if codename and facts.get("ID") == "debian":
        keys = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
        return System("Debian", codename, mirror or "http://deb.debian.org/debian", (codename,), "main", keys)
    if codename and facts.get("ID") == "ubuntu":
        keys, suites = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"), (codename, f"{codename}-updates")
        return System(
            "Ubuntu", codename, mirror or "http://ports.ubuntu.com/ubuntu-ports", suites, "main universe", keys
        )
    raise UsageError(
        f"the emulated board is made of Debian's or Ubuntu's packages, and this is {facts.get('NAME', 'neither')}",
        advice="run this on Debian or Ubuntu, as a hosted runner of GitHub's is, or in a container of one",
    )


def unpack(packages: Sequence[str], out: Path, scratch: Path, arch: str | None = None) -> None:
    """Fetch packages with all that they depend on, and unpack them into `out`.

    arch:    Debian's name of another architecture; None fetches for this machine, and only what it has not installed
    scratch: a folder for lists and archives
    Signatures are checked by apt. Raises `ToolError` where it fails, `UsageError` on another system.
    """
    folder = scratch / (arch or "host")
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = _CONFIGURATION.format(folder=folder)
    if arch is not None:
        system = this_system()
        signed = f"[signed-by={system.keys}] " if system.keys.is_file() else ""
        lines = [f"deb {signed}{system.site} {suite} {system.components}\n" for suite in system.suites]
        (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
        (folder / "status").touch()
        text += _FOREIGN.format(folder=folder, arch=arch)
    configuration = folder / "apt.conf"
    configuration.write_text(text, encoding="utf-8")
    environment = os.environ | {"APT_CONFIG": str(configuration), "LC_ALL": "C"}
    _run(["apt-get", "-q", "update"], environment)
    _run(["apt-get", "-q", "install", "-y", "--download-only", *packages], environment)
    out.mkdir(parents=True, exist_ok=True)
    for archive in sorted((folder / "archives").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(archive), str(out)], environment)


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise UsageError(
            f"{command[0]} is not here, and the emulated board is made of Debian's packages",
            advice="run this on Debian or Ubuntu, or in a container of one",
        ) from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"{command[0]} did not end in {_SECONDS} s") from None
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).strip().splitlines()[-2:])
        raise ToolError(
            f"{' '.join(command[:3])} failed: {last}", advice="is there a network, and a mirror of packages?"
        )
