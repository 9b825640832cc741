"""The algorithms that a host is offered and a key may use, as `ssh` has them, and why a host takes none of a sort."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, cast

from asyncssh import SSHClientConnection
from asyncssh.config import SSHClientConfig
from asyncssh.connection import _select_host_key_algs
from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import get_default_certificate_algs, get_default_public_key_algs, get_public_key_algs

from edgekit.devices.ssh.known_hosts import HostKeys

_CERTIFICATE = b"-cert-v01@openssh.com"
# the type and the cookie that a host's offer begins with (RFC 4253, 7.1)
_BEFORE_LISTS = 17


class Unmatched(NamedTuple):
    """A sort of algorithm of which a host and this side have none in common.

    option: what limits it in ssh's configuration, empty for nothing; ours, theirs: names, by preference
    """

    sort: str
    option: str
    ours: list[str]
    theirs: list[str]


def host_key_algorithms(found: HostKeys, config: SSHClientConfig, certificates: bool) -> list[str]:
    """The kinds of host key to ask for: what is known of the host first, then all others, whose key is then told.

    certificates: whether a certificate is asked for where an authority is known for the host; `ssh` takes the key that
    it is of as well, which is what is asked for in its place

    Raises `ValueError` where the configuration leaves none.
    """
    known = [name for key in found.trusted for name in key.sig_algorithms]
    signed = get_default_certificate_algs() if found.authorities else []
    configured = cast("str | tuple[()]", config.get("HostKeyAlgorithms", ()))
    asked = _select_host_key_algs((), configured, [*signed, *known, *get_default_public_key_algs()])
    if not (certificates and found.authorities):
        asked = [_of_the_key(name) for name in asked]
    if not asked:
        raise ValueError("HostKeyAlgorithms in the configuration of ssh leaves none of the kinds that edgekit knows")
    return [name.decode() for name in dict.fromkeys(asked)]


def accepted(kinds: Sequence[bytes], setting: str) -> list[bytes]:
    """Those of some ways to sign, or kinds of certificate, that a list of the configuration leaves.

    setting: patterns; with those that `+` or `^` adds, all is left
    """
    if setting[:1] in "+^":
        return list(kinds)
    patterns = setting.removeprefix("-").split(",")
    named = [kind for kind in kinds if any(fnmatchcase(kind.decode(), pattern) for pattern in patterns)]
    return [kind for kind in kinds if kind not in named] if setting.startswith("-") else named


def unmatched(link: SSHClientConnection) -> Unmatched | None:
    """What a host and this side have none of in common; None where there is none, or the host said too little."""
    if link.get_server_host_key() is not None:
        return None
    ours = (
        ("key exchange", "KexAlgorithms", link._kex_algs),
        ("host key", "HostKeyAlgorithms", link._server_host_key_algs or []),
        ("cipher", "Ciphers", link._enc_algs),
        ("cipher", "Ciphers", link._enc_algs),
        ("MAC", "MACs", link._mac_algs),
        ("MAC", "MACs", link._mac_algs),
    )
    offer = SSHPacket(link._server_kexinit[_BEFORE_LISTS:])
    try:
        for sort, option, taken in ours:
            theirs = offer.get_namelist()
            if not set(taken) & set(theirs):
                limited = link._options.config.get(option) is not None
                return Unmatched(sort, option if limited else "", _names(taken), _names(theirs))
    except PacketDecodeError:
        pass
    return None


def _of_the_key(name: bytes) -> bytes:
    """The kind of the key that a kind of certificate is for; any other as it is."""
    if not name.endswith(_CERTIFICATE):
        return name
    kind = name.removesuffix(_CERTIFICATE)
    return kind if kind in get_public_key_algs() else kind + b"@openssh.com"


def _names(algorithms: object) -> list[str]:
    return [name.decode(errors="replace") for name in cast("list[bytes]", algorithms)]
