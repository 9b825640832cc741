"""Building: the Debian root of an architecture, packed once, by the distribution's own tools."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from emulated_pi.failure import Failure

_SUITE = "bookworm"  # what Raspberry Pi OS 12 is made of
_PACKAGES = ("?essential", "python3,python3-venv,openssh-server,procps,mawk,libstdc++6")
_BACKPORTS = ("adbd", "android-libbase", "android-libcutils", "android-liblog", "android-libboringssl")
# the merged /usr of a real installation, which packages unpacked without their scripts would lack
_HOOK = Path("/usr/share/mmdebstrap/hooks/merged-usr")
_LEFT_OUT = ("/usr/share/locale/*", "/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*")
_MIRROR = "EDGEKIT_DEBIAN_MIRROR"
_LAST_LINES = 8


def packed_root(arch: str, folder: Path) -> Path:
    """The tar file of an architecture's root in `folder`, built where it is not there yet."""
    mirror = _mirror()
    sources = [f"deb {mirror} {suite} main" for suite in (_SUITE, f"{_SUITE}-backports")] if mirror else []
    packages = [*_PACKAGES, *([",".join(f"{name}/{_SUITE}-backports" for name in _BACKPORTS)] if mirror else [])]
    options = [
        *(f"--architectures={arch}", "--variant=extract", f"--hook-dir={_HOOK}"),
        *(f"--include={names}" for names in packages),
        *(f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT),
    ]
    name = hashlib.sha256("\0".join([*options, _SUITE]).encode()).hexdigest()[:8]
    packed = folder / f"{arch}-{name}.tar"
    if not packed.exists():
        _check_tool()
        if not mirror:
            print(f"no Debian mirror is known here, so there will be no adbd; name one in {_MIRROR}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        partial = packed.with_suffix(".partial.tar")
        try:
            _run(["mmdebstrap", *options, _SUITE, str(partial), *sources], f"building the {arch} root (once)")
            partial.replace(packed)
        finally:
            partial.unlink(missing_ok=True)
    return packed


def _mirror() -> str | None:
    """Where this machine takes Debian's packages from; None: it is no Debian, mmdebstrap knows a place."""
    if os.environ.get(_MIRROR):
        return os.environ[_MIRROR]
    if shutil.which("apt-get") is None:
        return None
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(ORIGIN) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line.split() for line in listed.stdout.splitlines()]
    sites = [parts[0] for parts in found if parts[1:] == ["Debian", "main"] and "security" not in parts[0]]
    return sites[0] if sites else None


def _check_tool() -> None:
    if shutil.which("mmdebstrap") is None or not _HOOK.is_dir():
        raise Failure("mmdebstrap is not installed: apt-get install mmdebstrap debian-archive-keyring")


def _run(command: list[str], what: str) -> None:
    """Run a command that takes a while: its last line and the seconds so far on a terminal."""
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines = [*lines[1 - _LAST_LINES :], line.rstrip()]
            if sys.stderr.isatty():
                said = f"{what}: {time.monotonic() - started:.0f} s, {lines[-1]}"
                print(f"\r\033[K{said[: shutil.get_terminal_size().columns - 1]}", end="", file=sys.stderr)
            elif line.startswith("I: "):
                print(f"{what}: {time.monotonic() - started:.0f} s, {line[3:].rstrip()}", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if process.returncode:
        raise Failure(f"{what} failed: " + "\n".join(lines))
