"""What a package is called, in the habits of each platform."""

from __future__ import annotations

import re

import pydantic

from edgekit.options.package_options import PackageId, PackageName, PackageVersion
from edgekit.schema.base_model import Strict

_LONGEST_NAME = 60
_IDS = pydantic.TypeAdapter(PackageId)


class Identity(Strict):
    """The name, version and id of a package.

    name:    lower-case words joined by hyphens: `smart-home`
    version: semantic: `1.0.0`
    id:      reverse domain name of the app's maker and the package: `com.example.smarthome`
    """

    name: PackageName
    version: PackageVersion = "1.0.0"
    id: PackageId

    @property
    def pascal(self) -> str:
        """The name as a Swift module or a class has it: `SmartHome`."""
        return "".join(word.capitalize() for word in self.name.split("-"))


def name_from(text: str) -> str:
    """The nearest name that every platform takes: `Smart home (v2)` becomes `smart-home-v2`."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    if not words or not words[0][0].isalpha():
        words = ["model", *words]
    return "-".join(words)[:_LONGEST_NAME].rstrip("-")


def id_from(name: str) -> str:
    """The id of a package whose maker is not told."""
    short = name.replace("-", "")
    try:
        return str(_IDS.validate_python(f"com.example.{short}"))
    except pydantic.ValidationError:  # a reserved word
        return f"com.example.{short}model"
