"""One host on the way to a device, and the hosts of a ProxyJump."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

_PLACE = re.compile(r"(?:\[(?P<address>[^\[\]]+)\]|(?P<host>[^:\[\]\s]+))(?::(?P<port>[0-9]{1,5}))?")
_URL = "ssh://"


@dataclass(frozen=True)
class Hop:
    """host: a name, an alias of the configuration, or an address without brackets; user, port: None where left open"""

    host: str
    user: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`[user@]host[:port]` or `ssh://[user@]host[:port]`, IPv6 in brackets; `ValueError` for anything else."""
        is_url = text.lower().startswith(_URL)
        user, at, place = (text[len(_URL) :].removesuffix("/") if is_url else text).rpartition("@")
        # an address of IPv6 without brackets has no port
        found = _PLACE.fullmatch(f"[{place}]" if place.count(":") > 1 and "[" not in place else place)
        port = int(found["port"]) if found and found["port"] else None
        if found is None or (at and not user) or (port is not None and not 0 < port < 1 << 16):
            raise ValueError(f"{text!r} is no host of a ProxyJump, as in [user@]host[:port]")
        host = found["address"] or found["host"]
        return cls(unquote(host) if is_url else host, (unquote(user) if is_url else user) or None, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{f'{self.user}@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"


def jump_hops(text: str) -> list[Hop]:
    """The hosts of a ProxyJump, the first to be connected to first; `ValueError` for what is none."""
    return [Hop.parse(each.strip()) for each in text.split(",")]
