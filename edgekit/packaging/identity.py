"""What a package is called, in the habits of each platform."""

from __future__ import annotations

import re

import pydantic

from edgekit.spec.strict import Strict

# what npm, Maven and Swift all take
_NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_VERSION = r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
_ID = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"


class Identity(Strict):
    """The name, version and id of a package.

    name:    lower-case words joined by hyphens: `smart-home`
    version: semantic: `1.0.0`
    id:      reverse domain name of the app's maker and the package: `com.example.smarthome`
    """

    name: str = pydantic.Field(pattern=_NAME, max_length=60)
    version: str = pydantic.Field(default="1.0.0", pattern=_VERSION, max_length=60)
    id: str = pydantic.Field(pattern=_ID, max_length=100)

    @property
    def pascal(self) -> str:
        """The name as a Swift module or a class has it: `SmartHome`."""
        return "".join(word.capitalize() for word in self.name.split("-"))


def name_from(text: str) -> str:
    """The nearest name that every platform takes: `Smart home (v2)` becomes `smart-home-v2`."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    name = "-".join(words)[:60].rstrip("-")
    return name if re.match(_NAME, name) else f"model-{name}".rstrip("-")


def id_from(name: str) -> str:
    """The id of a package whose maker is not told."""
    return "com.example." + name.replace("-", "")
