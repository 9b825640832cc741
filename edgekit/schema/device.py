"""Devices by name: how each is reached, and the target it is one of."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import pydantic

from edgekit.errors import UsageError
from edgekit.schema.base_model import Strict

# every registered device, where `--device` names it
ALL = "all"
_FORMS = "local:, ssh://[user@]host[:port] or adb://SERIAL"
_HOST = r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\])"
_SSH = re.compile(rf"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?/?")
_SERIAL = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:%\[\]-]*")


@dataclass(frozen=True)
class DeviceUrl:
    """How a device is reached.

    host: of ssh: a host's name, an alias of `~/.ssh/config`, or an address (IPv6 without its brackets)
    user, port: None where the person left it to `~/.ssh/config`
    serial: of adb: as `adb devices` lists it
    """

    scheme: Literal["local", "ssh", "adb"]
    host: str = ""
    user: str | None = None
    port: int | None = None
    serial: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of a URL; `UsageError` for what is none."""
        scheme, colon, rest = text.partition(":")
        if text == "local" or (scheme == "local" and colon and rest.strip("/") == ""):
            return cls("local")
        wrong = UsageError(f"{text!r} is not a device's URL", advice=f"as in {_FORMS}")
        if not rest.startswith("//") or scheme not in ("ssh", "adb"):
            raise wrong
        rest = rest[2:]
        if scheme == "adb":
            if not _SERIAL.fullmatch(rest):
                raise wrong
            return cls("adb", serial=rest)
        if ":" in rest.rpartition("@")[0]:
            raise UsageError("a device's URL holds no password", advice="let ssh log in by a key: ssh-copy-id HOST")
        found = _SSH.fullmatch(rest)
        if found is None:
            raise wrong
        port = int(found["port"]) if found["port"] else None
        if port is not None and not 0 < port < 1 << 16:
            raise UsageError(f"{text!r}: there is no port {port}", advice="ports are 1 to 65535")
        return cls("ssh", found["host"].strip("[]"), found["user"], port)

    def __str__(self) -> str:
        if self.scheme == "local":
            return "local:"
        if self.scheme == "adb":
            return f"adb://{self.serial}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{self.user}@" if self.user else ""
        return f"ssh://{user}{host}" + (f":{self.port}" if self.port else "")


def _a_url(text: str) -> str:
    try:
        return str(DeviceUrl.parse(text))
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.advice}") from None


def _a_folder(text: str) -> str:
    path = posixpath.normpath(text)
    if not path.startswith("/") or path.strip("/") == "" or ".." in path.split("/") or not path.isprintable():
        raise ValueError(f"{text!r} is no folder of a device's, as in /mnt/ssd/edgekit: it begins with /")
    return "/" + path.lstrip("/")


def _not_reserved(name: str) -> str:
    if name in (ALL, "local"):
        raise ValueError(f"{name!r} means something already, and can name no device")
    return name


DeviceName = Annotated[
    str,
    pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60),
    pydantic.AfterValidator(_not_reserved),
]


class KnownDevice(Strict):
    """A device that a person gave a name.

    target: the target it is one of: a shipped one's name, or the path of a file
    python: the Python that its agent runs on; None for the device's own `python3`
    home:   the folder there that is edgekit's; None for the usual place
    """

    url: Annotated[str, pydantic.AfterValidator(_a_url)]
    target: str | None = None
    python: str | None = None
    home: Annotated[str, pydantic.Field(max_length=900), pydantic.AfterValidator(_a_folder)] | None = None


class Registry(Strict):
    """The file of named devices."""

    devices: dict[DeviceName, KnownDevice] = pydantic.Field(default_factory=dict)
