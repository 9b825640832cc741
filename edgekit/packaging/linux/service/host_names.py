"""The names by which a service is called in the `Host` of a request: its machine's, and what a proxy passes on."""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Sequence

from .http_error import HttpError

_NAME = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*"
_AUTHORITY = re.compile(rf"({_NAME})(?::[0-9]{{0,5}})?")
_SHOWN = 80


class HostNames:
    """Which names are answered: on loopback its own alone, elsewhere all, unless some are allowed.

    A page of another origin could have its own name point to this machine, and would then be let in (DNS rebinding).
    """

    def __init__(self, address: str, allowed: Sequence[str]) -> None:
        self._any = not is_loopback(address) and not allowed
        self._allowed = {_normal(name) for name in (*allowed, address)}

    def check(self, authority: str | None) -> None:
        """Raise `HttpError` for a name that is not answered; a request of HTTP/1.0 has none.

        authority: a host with or without a port, as a request has it
        """
        if authority is None:
            return
        match = _AUTHORITY.fullmatch(authority)
        if match is None:
            raise HttpError(
                400, f"Host must be a name or an address, with or without a port, not {authority[:_SHOWN]}"
            )
        name = _normal(match[1])
        if not (name or self._any):
            raise HttpError(
                421,
                "the Host of this request is empty: this service answers to localhost and to what --allow-host names, "
                "so let the client or the proxy send the name that it calls",
            )
        if not (self._any or name in self._allowed or _is_local(name)):
            shown = match[1][:_SHOWN]
            raise HttpError(
                421,
                f"this service answers to localhost and to what --allow-host names, not to {shown}; behind a proxy "
                f"that passes this name on, start it with --allow-host {shown}",
            )


def allowed_host(text: str) -> str:
    """What `--allow-host` takes; `argparse.ArgumentTypeError` for anything but a name or an address."""
    bare = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    if not text or not re.fullmatch(_NAME, bare) or (bare[0] == "[" and not _is_address(bare)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a host: give it as in classify.example.com, without http://, port or path, "
            "with other letters than English ones as xn--..."
        )
    return bare


def client_of(address: str) -> str:
    """Whom an address is of: itself, and of IPv6 its network of 64 bits, all of which one client may have."""
    if not _is_address(address):
        return address
    found = ipaddress.ip_address(_normal(address))
    if found.version == 4:
        return str(found)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach this address."""
    return _is_local(_normal(host))


def _is_local(name: str) -> bool:
    return ipaddress.ip_address(name).is_loopback if _is_address(name) else name == "localhost"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _normal(name: str) -> str:
    """A name in small letters, without the dot that may end it; an address as it is usually written."""
    plain = (name[:-1] if name.endswith(".") else name).strip("[]").lower()
    if not _is_address(plain):
        return plain
    address = ipaddress.ip_address(plain)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
