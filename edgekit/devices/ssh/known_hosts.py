"""Keys of hosts from known_hosts files, looked up by name alone, as OpenSSH does.

The files' format is in sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import asyncssh

from edgekit.devices.sanitize import plain

# bytes of a file that are read
_MOST_BYTES = 32_000_000
COMMAND_SECONDS = 10
_HASHED = "|1|"
_AUTHORITY, _REVOKED = "@cert-authority", "@revoked"


class HostKeys(NamedTuple):
    """What is known of a name, in the order that asyncssh takes it."""

    trusted: Sequence[asyncssh.SSHKey]
    authorities: Sequence[asyncssh.SSHKey]
    revoked: Sequence[asyncssh.SSHKey]


@dataclass(frozen=True)
class _Line:
    """One entry. names: of hosts, or one hashed name"""

    marker: str
    names: str
    key: asyncssh.SSHKey


class KnownHosts:
    """The entries of known_hosts files.

    revoked: keys that no host may show
    command: that tells more of such lines (KnownHostsCommand), and its arguments; `ValueError` where it fails, with
             which `ssh` takes no host's key at all
    skipped: file and line of what could not be read, and why; `ssh` passes over that as well
    """

    def __init__(
        self, files: Sequence[Path], revoked: Sequence[asyncssh.SSHKey] = (), command: Sequence[str] = ()
    ) -> None:
        self.skipped: list[str] = []
        self._revoked = revoked
        self._lines = [line for file in files for line in self._read(file)]
        if command:
            self._lines += self._parse(f"KnownHostsCommand {command[0]}", _told_by(command))

    def of(self, host: str, port: int | None) -> HostKeys:
        """The keys of a host by its name. port: None for ssh's own.

        A host on another port is known as `[host]:port`; where no such name is known, as the host. A key that is
        revoked for either is revoked. The address that a name leads to plays no part: it may be another machine's by
        now.
        """
        plain = self._of(host)
        exact = plain if port is None else self._of(known_as(host, port))
        found = exact if exact.trusted or exact.authorities else plain
        return HostKeys(found.trusted, found.authorities, [*exact.revoked, *plain.revoked, *self._revoked])

    def names_of(self, key: asyncssh.SSHKey) -> list[str]:
        """The names, as far as they are not hashed, of which a key is known."""
        same = (line.names for line in self._lines if not line.marker and line.key == key)
        return list(dict.fromkeys(names for names in same if not names.startswith("|")))

    def _of(self, name: str) -> HostKeys:
        found: dict[str, list[asyncssh.SSHKey]] = {"": [], _AUTHORITY: [], _REVOKED: []}
        for line in self._lines:
            if _is_of(name.lower(), line.names):
                found[line.marker].append(line.key)
        return HostKeys(*found.values())

    def _read(self, file: Path) -> Iterator[_Line]:
        try:
            with file.open("rb") as opened:
                content = opened.read(_MOST_BYTES)
        except OSError as error:
            self.skipped.append(f"{file}: {error.strerror or error}")
            return
        yield from self._parse(str(file), content)

    def _parse(self, source: str, content: bytes) -> Iterator[_Line]:
        for number, line in enumerate(content.split(b"\n"), 1):
            # as in C, where a text ends with the first NUL
            text, nul, _ = line.strip().partition(b"\0")
            if not (text or nul) or text.startswith(b"#"):
                continue
            try:
                yield _parsed(text.decode(errors="surrogateescape"))
            except ValueError as error:
                self.skipped.append(f"{source} line {number}: {error}")


def known_as(host: str, port: int | None) -> str:
    """The name of a host on a port in these files. port: None for ssh's own"""
    return f"[{host}]:{port}" if port else host


def revoked_keys(file: Path) -> list[asyncssh.SSHKey]:
    """The keys in a file that RevokedHostKeys names, one a line.

    Raises `ValueError` for a file that cannot be read to its end, with which `ssh` takes no host's key at all.
    """
    try:
        with file.open("rb") as opened:
            lines = opened.read(_MOST_BYTES).splitlines()
        return [
            asyncssh.import_public_key(line) for line in lines if line.strip() and not line.lstrip().startswith(b"#")
        ]
    except OSError as error:
        reason = error.strerror or str(error)
    except (asyncssh.KeyImportError, ValueError):
        reason = "not all of its lines are public keys"
    raise ValueError(f"no host's key is taken, as RevokedHostKeys names {file}: {reason}")


def _told_by(command: Sequence[str]) -> bytes:
    try:
        if not Path(command[0]).is_absolute():
            raise OSError("it is named by no absolute path")
        done = subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS
        )
    except subprocess.TimeoutExpired:
        reason = f"it did not end within {COMMAND_SECONDS} s"
    except subprocess.CalledProcessError as error:
        said = plain(error.stderr, 200)
        reason = f"it ended with {error.returncode}{f': {said}' if said else ''}"
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        return done.stdout[:_MOST_BYTES]
    raise ValueError(f"no host's key is taken, as KnownHostsCommand {command[0]} failed: {reason}")


def _parsed(text: str) -> _Line:
    """The entry on a line; `ValueError` where there is none."""
    fields = text.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if marker not in ("", _AUTHORITY, _REVOKED):
        raise ValueError(f"the marker {marker[:30]!r} is not known")
    if len(fields) < 3:
        raise ValueError("it is no host with a kind of key and a key")
    names, kind, data = fields[:3]
    if names.startswith("|"):
        _salt_and_hash(names)
    try:
        key = asyncssh.import_public_key(f"{kind} {data}")
    except (asyncssh.KeyImportError, UnicodeError, binascii.Error):
        raise ValueError(f"its key, of kind {kind[:40]!r}, cannot be read") from None
    if key.get_algorithm() != kind:
        raise ValueError(f"its key is of kind {key.get_algorithm()}, not {kind[:40]!r}")
    return _Line(marker, names, key)


def _salt_and_hash(names: str) -> tuple[bytes, bytes]:
    """The two parts of a hashed name, `|1|SALT|HASH`; `ValueError` where it is none."""
    parts = names.removeprefix(_HASHED).split("|") if names.startswith(_HASHED) else []
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts)
    except ValueError:
        raise ValueError("its hashed name is broken") from None
    if len(digest) != hashlib.sha1(usedforsecurity=False).digest_size:
        raise ValueError("its hashed name is broken")
    return salt, digest


def _is_of(name: str, names: str) -> bool:
    """Whether a line's names, patterns with `*`, `?` and `!` among them, hold for a name in small letters."""
    if names.startswith("|"):
        salt, digest = _salt_and_hash(names)
        return hmac.compare_digest(hmac.new(salt, name.encode(errors="surrogateescape"), "sha1").digest(), digest)
    found = False
    for pattern in names.lower().split(","):
        if _matches(name, pattern.removeprefix("!")):
            # one that is excluded is so whatever else is said
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _matches(name: str, pattern: str) -> bool:
    # brackets stand for themselves, as in [host]:port
    return fnmatchcase(name, pattern.replace("[", "[[]")) if "*" in pattern or "?" in pattern else name == pattern
