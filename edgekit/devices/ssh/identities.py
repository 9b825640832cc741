"""The keys that a user is let in by: files that the configuration names, and the agent's, in the order of `ssh`."""

from __future__ import annotations

import asyncio
import copy
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import asyncssh

from edgekit.devices.ssh.algorithms import accepted
from edgekit.devices.ssh.host_config import HostConfig, expanded

# where ssh looks when its configuration names no key
_DEFAULTS = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")
_MOST_BYTES = 1_000_000
AGENT_SECONDS = 10.0
# what asyncssh and its reading of keys raise
_UNREADABLE = (ValueError, TypeError, asyncssh.Error, OSError)


class KeyFile:
    """What a key file gives.

    pairs:   usable keys
    public:  the public key, as far as it or the file beside it shows that
    problem: why there is no usable key; empty where there is
    """

    def __init__(self, path: Path, certificates: Sequence[asyncssh.SSHCertificate]) -> None:
        self.path = path
        self.pairs: list[asyncssh.SSHKeyPair] = []
        self.public = _public_data(path.with_name(f"{path.name}.pub"))
        self.certificate = _certificate(path.with_name(f"{path.name}-cert.pub"))
        self.problem = self._read([*certificates, *([self.certificate] if self.certificate else [])])

    def _read(self, certificates: list[asyncssh.SSHCertificate]) -> str:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                return "is no file"
            with self.path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return "is not there, and no agent has its key" if self.public else "is not there"
        except OSError as error:
            return error.strerror or str(error)
        if not content.strip():
            return "is empty"
        if content.startswith(b"PuTTY-User-Key-File"):
            return f"is a key of PuTTY's: puttygen {self.path} -O private-openssh -o FILE makes one for ssh of it"
        shown = _public_data(self.path)
        self.public = self.public or shown
        if b"PRIVATE KEY" not in content:
            return "holds a public key alone, and no agent has the private one" if shown else "is no private key"
        return self._complaint() or self._load(content, certificates)

    def _complaint(self) -> str:
        """Why ssh would not take the file; a file of somebody else's is that one's care."""
        facts = self.path.stat()
        if facts.st_uid == os.getuid() and facts.st_mode & 0o077:
            mode = stat.S_IMODE(facts.st_mode)
            return f"may be used by others (mode {mode:04o}), so that ssh takes it not either: chmod 600 {self.path}"
        return ""

    def _load(self, content: bytes, certificates: list[asyncssh.SSHCertificate]) -> str:
        try:
            key = asyncssh.import_private_key(content)
        except asyncssh.KeyEncryptionError:
            return "cannot be decrypted without its passphrase: ssh-add puts it into the agent"
        except _UNREADABLE as error:
            if "assphrase" in str(error):
                return f"has a passphrase, and no agent has the key: ssh-add {self.path}"
            return f"cannot be read: {error}"
        self.public = key.public_data
        self.pairs = list(asyncssh.load_keypairs([key], certlist=certificates))
        return ""


class Identities:
    """The keys for one host.

    pairs:   in the order in which they are offered
    skipped: what could not be used, and why
    """

    def __init__(self, config: HostConfig) -> None:
        self.pairs: list[asyncssh.SSHKeyPair] = []
        self.skipped: list[str] = []
        self._config = config
        self._agent: asyncssh.SSHAgentClient | None = None

    async def choose(self) -> None:
        """Find the keys: those of the agent that are named, its others unless IdentitiesOnly, then the files'."""
        certificates = self._certificates()
        files = [KeyFile(path, certificates) for path in self._paths()]
        held = await self._agents_keys()
        named = [data for file in files for data in (file.certificate and file.certificate.public_data, file.public)]
        named += [certificate.public_data for certificate in certificates]
        first = [pair for data in dict.fromkeys(named) if data for pair in held if pair.public_data == data]
        others = [] if self._config.get("IdentitiesOnly") else [pair for pair in held if pair not in first]
        in_agent = {pair.public_data for pair in held}
        left = [file for file in files if file.public is None or file.public not in in_agent]
        certificates += [file.certificate for file in files if file.certificate]
        certified = [_certified(pair, each) for pair in first for each in certificates if _is_for(each, pair)]
        found = [*certified, *first, *others, *(pair for file in left for pair in file.pairs)]
        self.pairs = [pair for pair in found if self._is_accepted(pair)]
        self.skipped += [f"{file.path} {file.problem}" for file in left if file.problem]

    def close(self) -> None:
        """Let go of the agent, which signs no more."""
        if self._agent is not None:
            self._agent.close()

    def _is_accepted(self, pair: asyncssh.SSHKeyPair) -> bool:
        """Whether the configuration lets a key be offered; one that signs in several ways is left those it names."""
        setting = cast("str | None", self._config.get("PubkeyAcceptedAlgorithms"))
        if not setting:
            return True
        kinds = accepted(pair.host_key_algorithms if pair.has_cert else pair.sig_algorithms, setting)
        if not kinds:
            of = pair.get_comment(errors="replace") or "of the agent or a file"
            self.skipped.append(f"key {of}, as PubkeyAcceptedAlgorithms leaves out {pair.get_algorithm()}")
            return False
        if not pair.has_cert:
            pair.sig_algorithms = kinds
            if pair.sig_algorithm not in kinds:
                pair.set_sig_algorithm(kinds[0])
        return True

    def _paths(self) -> list[Path]:
        named = self._config.strings("IdentityFile")
        if named is not None:
            return list(dict.fromkeys(expanded(name) for name in named))
        folder = Path.home() / ".ssh"
        return [folder / name for name in _DEFAULTS if (folder / name).exists() or (folder / f"{name}.pub").exists()]

    def _certificates(self) -> list[asyncssh.SSHCertificate]:
        found = []
        for name in self._config.strings("CertificateFile") or []:
            certificate = _certificate(expanded(name))
            if certificate is None:
                self.skipped.append(f"{name} is no certificate that can be read")
            else:
                found.append(certificate)
        return found

    async def _agents_keys(self) -> list[asyncssh.SSHKeyPair]:
        path = self._agent_path()
        if not path:
            return []
        try:
            async with asyncio.timeout(AGENT_SECONDS):
                self._agent = await asyncssh.connect_agent(path)
                return list(await self._agent.get_keys())
        except TimeoutError:
            self.skipped.append(f"the agent at {path} did not answer")
        except _UNREADABLE as error:
            self.skipped.append(f"the agent at {path}: {error}")
        return []

    def _agent_path(self) -> str:
        """Where the agent listens; empty for none."""
        named = cast("str | None", self._config.get("IdentityAgent", "SSH_AUTH_SOCK"))
        if named is None:
            return ""
        if named == "SSH_AUTH_SOCK" or named.startswith("$"):
            return os.environ.get(named.removeprefix("$"), "")
        return str(expanded(named))


def _public_data(path: Path) -> bytes | None:
    """The public key in a file, of the form that an agent names it by."""
    with suppress(*_UNREADABLE):
        return asyncssh.read_public_key(path).public_data if path.is_file() else None
    return None


def _is_for(certificate: asyncssh.SSHCertificate, pair: asyncssh.SSHKeyPair) -> bool:
    return certificate.key.public_data == pair.public_data


def _certified(pair: asyncssh.SSHKeyPair, certificate: asyncssh.SSHCertificate) -> asyncssh.SSHKeyPair:
    """The key with the certificate that lies on disk for it, beside the key without one."""
    certified = copy.copy(pair)
    certified.set_certificate(certificate)
    return certified


def _certificate(path: Path) -> asyncssh.SSHCertificate | None:
    with suppress(*_UNREADABLE):
        return asyncssh.read_certificate(path) if path.is_file() else None
    return None
