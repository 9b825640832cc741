"""What goes wrong with SSH, in edgekit's words: the one place that knows asyncssh's errors."""

from __future__ import annotations

import asyncio
import concurrent.futures
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import asyncssh
from asyncssh.misc import SoftEOFReceived

from edgekit.devices.sanitize import plain
from edgekit.devices.ssh.algorithms import Unmatched, accepted, unmatched
from edgekit.devices.ssh.known_hosts import HostKeys, KnownHosts, known_as
from edgekit.errors import DeviceError

# everything that asyncssh, a socket or a pipe raises: asyncssh's own tree has several roots, and what it cannot parse
# (keys, configuration, packets) is a ValueError. A task's own CancelledError is none of them: who cancels it knows
FOREIGN = (
    asyncssh.Error,
    asyncssh.ChannelListenError,
    asyncssh.PasswordChangeRequired,
    asyncssh.BreakReceived,
    asyncssh.SignalReceived,
    SoftEOFReceived,
    asyncssh.TerminalSizeChanged,
    asyncio.IncompleteReadError,
    concurrent.futures.CancelledError,
    OSError,
    ValueError,
)
# of what was passed over, how much is named
_MOST_SKIPPED = 5
# what asyncssh says of a certificate
_CERTIFICATES = {
    "CA key is not trusted": "its certificate is of an authority that known_hosts does not name for it",
    "expired": "its certificate has expired",
    "not yet valid": "its certificate is not valid yet",
    "principal": "its certificate is for another name",
}
_LOST = (asyncssh.ConnectionLost, asyncssh.DisconnectError, ConnectionResetError, BrokenPipeError)


@dataclass
class Seen:
    """What was seen of a host while connecting, for an error that says what to do.

    known:   the keys of hosts
    name, named_port: by which its key is known
    login:   `user@host` and the port, of a command by hand
    signing: by what an authority may sign (CASignatureAlgorithms)
    checks_address: whether a key has to be that of the address as well, where one is known (CheckHostIP)
    skipped: keys to log in with that could not be used, and why
    notes:   what was passed over of the configuration
    link:    that was begun
    address: that has another key than the name, where that is checked
    others:  the names that the key which was shown is known of, where it is not known of this host
    certificate: why the certificate that was shown is of no use; empty for none
    """

    known: KnownHosts
    name: str
    named_port: int | None
    login: str
    port: int
    signing: str = "+"
    checks_address: bool = False
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    link: asyncssh.SSHClientConnection | None = None
    address: str = ""
    fingerprint: str = ""
    others: list[str] = field(default_factory=list)
    certificate: str = ""

    @property
    def found(self) -> HostKeys:
        """The keys known of it by name."""
        keys = self.known.of(self.name, self.named_port)
        authorities = [key for key in keys.authorities if accepted(key.sig_algorithms, self.signing)]
        return keys._replace(authorities=authorities)

    @property
    def known_as(self) -> str:
        """The name that its key is known by, with the port that belongs to that."""
        return known_as(self.name, self.named_port)

    def look_up(self, _host: str, address: str, _port: int | None) -> Any:
        """The keys that are taken, as asyncssh asks for them. The address counts as for `ssh`: not on loopback."""
        found = self.found
        if self.checks_address and address and not ip_address(address.partition("%")[0]).is_loopback:
            of_address = self.known.of(address, self.named_port).trusted
            if of_address:
                self.address = known_as(address, self.named_port)
                return found._replace(trusted=[key for key in found.trusted if key in of_address])
        return found

    def has_useless_certificate(self, error: asyncssh.HostKeyNotVerifiable) -> bool:
        """Whether its key was not taken for its certificate's sake, which is noted; one that is revoked ends it."""
        said = _without_host(error)
        if self.fingerprint or not self.found.authorities or "revoked" in said:
            return False
        reasons = (reason for words, reason in _CERTIFICATES.items() if words in said)
        self.certificate = next(reasons, "its certificate cannot be used")
        return True

    def show(self, key: asyncssh.SSHKey) -> None:
        """Note the key that the host shows, which is not one of those known of it."""
        self.fingerprint = f"{key.get_algorithm()} {key.get_fingerprint()}"
        if key not in self.found.trusted:
            self.others, self.address = self.known.names_of(key), ""

    @property
    def by_hand(self) -> str:
        """The command that connects to it by hand."""
        port = [] if self.port == asyncssh.DEFAULT_PORT else ["-p", str(self.port)]
        return shlex.join(["ssh", *port, self.login])


@contextmanager
def ssh_errors(where: str, what: str, seen: Seen | None = None) -> Iterator[None]:
    """A block in which every foreign error becomes a `DeviceError`; `seen` is the host that is connected to."""
    try:
        yield
    except FOREIGN as error:
        raise device_error(error, where, what, seen) from error


def device_error(error: BaseException, where: str, what: str, seen: Seen | None = None) -> DeviceError:
    """The error for whatever went wrong in `what`, with what was passed over of files that might have helped."""
    if seen is None:
        return _of_the_link(error, where, what)
    if isinstance(error, _LOST) and seen.link is not None and (none := unmatched(seen.link)):
        told, skipped = _nothing_in_common(where, none), []
    elif isinstance(error, asyncssh.HostKeyNotVerifiable):
        told, skipped = _host_key(where, seen, _without_host(error)), seen.known.skipped
    elif isinstance(error, asyncssh.PermissionDenied) or "Too many authentication failures" in str(error):
        told, skipped = _no_entry(where, seen, error), seen.skipped
    else:
        told, skipped = _of_the_link(error, where, what), []
    return DeviceError(told.message, advice=_with_skipped(told.advice, [*skipped, *seen.notes]))


def _of_the_link(error: BaseException, where: str, what: str) -> DeviceError:
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return DeviceError(f"{where}: {what} took too long", advice="is the device on, and in this network?")
    if isinstance(error, _LOST) or _is_of_a_closed_link(error):
        return DeviceError(f"{where}: the link was lost while {_doing(what)}: {_text(error)}")
    if isinstance(error, OSError):
        return DeviceError(
            f"{where}: {what}: {error.strerror or _text(error)}",
            advice="is the device on, in this network, and does it run an SSH server?",
        )
    return DeviceError(f"{where}: {what}: {_text(error)}")


def _host_key(where: str, seen: Seen, reason: str) -> DeviceError:
    now = f" ({seen.fingerprint})" if seen.fingerprint else ""
    if seen.others:
        now += f"; the key shown is that of {plain(', '.join(seen.others[:3]), 200)}"
    if seen.certificate:
        now += f"; {seen.certificate}"
    if "revoked" in reason:
        return DeviceError(
            f"{where}: the host key of {seen.known_as} is revoked in known_hosts or by RevokedHostKeys",
            advice="do not trust what answers there; a device that was installed anew has a new key",
        )
    if seen.address and seen.fingerprint:
        return DeviceError(
            f"{where}: the host key of {seen.known_as}{now} is not the one that known_hosts has of its address, "
            f"{seen.address}, which CheckHostIP asks for",
            advice=f"where the address was another machine's before: ssh-keygen -R {shlex.quote(seen.address)}",
        )
    if seen.found.trusted:
        return DeviceError(
            f"{where}: the host key of {seen.known_as} is not the one in known_hosts{now}: another machine answers, "
            "or the device was installed anew",
            advice=f"if it was: ssh-keygen -R {shlex.quote(seen.known_as)}, then {seen.by_hand} once by hand",
        )
    return DeviceError(
        f"{where}: the host key of {seen.known_as} is not known{now}",
        advice=f"connect once by hand and compare the key: {seen.by_hand}",
    )


def _without_host(error: asyncssh.HostKeyNotVerifiable) -> str:
    """What asyncssh says of a key; the name of the host, which comes behind it, may hold any word."""
    return str(error).partition(" for host ")[0]


def _nothing_in_common(where: str, none: Unmatched) -> DeviceError:
    ours, theirs = (", ".join(names) or "none" for names in (none.ours, none.theirs))
    return DeviceError(
        f"{where}: no {none.sort} algorithm in common: the host takes {plain(theirs, 500)}; edgekit takes {ours}",
        advice=f"{none.option} in the configuration of ssh leaves no more of what edgekit knows"
        if none.option
        else None,
    )


def _no_entry(where: str, seen: Seen, error: BaseException) -> DeviceError:
    advice = (
        f"try {seen.by_hand!r} by hand; put the key there with ssh-copy-id, or a key that has a passphrase into the "
        "agent with ssh-add"
    )
    if "Too many" in str(error):
        advice = "name the key in ~/.ssh/config: IdentityFile FILE, and IdentitiesOnly yes"
    return DeviceError(
        f"{where}: {seen.login} does not let this user in: {_text(error)}",
        advice=advice,
    )


def _with_skipped(advice: str | None, skipped: Sequence[str]) -> str | None:
    """An advice, and what was passed over of the files that might have helped."""
    if not skipped:
        return advice
    more = f", and {len(skipped) - _MOST_SKIPPED} more" if len(skipped) > _MOST_SKIPPED else ""
    passed_over = f"passed over: {', '.join(plain(each, 300) for each in skipped[:_MOST_SKIPPED])}{more}"
    return f"{advice}; {passed_over}" if advice else passed_over


def _is_of_a_closed_link(error: BaseException) -> bool:
    """Whether a command could not begin because the link was lost before."""
    return isinstance(error, asyncssh.ChannelOpenError) and "SSH connection closed" in str(error)


def _doing(what: str) -> str:
    return what if what.startswith("connecting") or what.endswith("ing") else f"running {what}"


def _text(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
