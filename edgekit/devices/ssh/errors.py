"""What goes wrong with SSH, in edgekit's words: the one place that knows asyncssh's errors."""

from __future__ import annotations

import asyncio
import concurrent.futures
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh
from asyncssh.misc import SoftEOFReceived

from edgekit.devices.sanitize import plain
from edgekit.devices.ssh.known_hosts import KnownHosts
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
_LOST = (asyncssh.ConnectionLost, asyncssh.DisconnectError, ConnectionResetError, BrokenPipeError)


@dataclass
class Seen:
    """What was seen of a host while connecting, for an error that says what to do.

    known:   the keys of hosts
    aliased: whether the configuration gives it a name for its key, to which no port is added
    checks_address: whether a key has to be that of the address as well, where one is known (CheckHostIP)
    skipped: keys to log in with that could not be used, and why
    notes:   what was passed over of the configuration
    others:  the names that the key which was shown is known of, where it is not known of this host
    """

    known: KnownHosts
    host: str
    port: int
    user: str
    aliased: bool = False
    checks_address: bool = False
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trusted: int = 0
    fingerprint: str = ""
    others: list[str] = field(default_factory=list)
    known_as: str = field(default="", init=False)

    def look_up(self, host: str, address: str, port: int | None) -> Any:
        """The keys known of a host, as asyncssh asks for them; `host` is its HostKeyAlias where it has one."""
        port = None if self.aliased else port
        found = self.known.of(host, port)
        self.known_as = f"[{host}]:{port}" if port else host
        self.trusted = len(found.trusted)
        of_address = self.known.of(address, port).trusted if self.checks_address and address else ()
        if of_address:
            return found._replace(trusted=[key for key in found.trusted if key in of_address])
        return found

    def show(self, key: asyncssh.SSHKey) -> None:
        """Note the key that the host shows, which is not one of those known of it."""
        self.fingerprint = f"{key.get_algorithm()} {key.get_fingerprint()}"
        self.others = self.known.names_of(key)

    @property
    def by_hand(self) -> str:
        """The command that connects to it by hand."""
        port = [] if self.port == asyncssh.DEFAULT_PORT else ["-p", str(self.port)]
        return shlex.join(["ssh", *port, f"{self.user}@{self.host}"])


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
    if isinstance(error, asyncssh.HostKeyNotVerifiable) or (seen.trusted and _is_of_keys(error)):
        told, skipped = _host_key(where, seen, str(error)), seen.known.skipped
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
    if "revoked" in reason:
        return DeviceError(
            f"{where}: the host key of {seen.known_as} is revoked in known_hosts or by RevokedHostKeys",
            advice="do not trust what answers there; a device that was installed anew has a new key",
        )
    if seen.trusted:
        return DeviceError(
            f"{where}: the host key of {seen.known_as} is not the one in known_hosts{now}: another machine answers, "
            "or the device was installed anew",
            advice=f"if it was: ssh-keygen -R {shlex.quote(seen.known_as)}, then {seen.by_hand} once by hand",
        )
    return DeviceError(
        f"{where}: the host key of {seen.known_as} is not known{now}",
        advice=f"connect once by hand and compare the key: {seen.by_hand}",
    )


def _no_entry(where: str, seen: Seen, error: BaseException) -> DeviceError:
    advice = (
        f"try {seen.by_hand!r} by hand; put the key there with ssh-copy-id, or a key that has a passphrase into the "
        "agent with ssh-add"
    )
    if "Too many" in str(error):
        advice = "name the key in ~/.ssh/config: IdentityFile FILE, and IdentitiesOnly yes"
    return DeviceError(
        f"{where}: {seen.user}@{seen.host} does not let this user in: {_text(error)}",
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


def _is_of_keys(error: BaseException) -> bool:
    """Whether no key was found that both sides know: the host has none of the kinds that known_hosts has of it."""
    return isinstance(error, asyncssh.KeyExchangeFailed) and "host key" in str(error)


def _doing(what: str) -> str:
    return what if what.startswith("connecting") or what.endswith("ing") else f"running {what}"


def _text(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
