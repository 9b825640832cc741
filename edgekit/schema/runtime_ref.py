"""A runtime by name, and its version where one is asked for: `onnxruntime==1.20.1`."""

from __future__ import annotations

import re
from typing import Self, cast, get_args

from edgekit.errors import UsageError, unknown_name
from edgekit.schema.base_model import Strict
from edgekit.schema.schemes import RuntimeName

_VERSION = re.compile(r"[0-9]+(\.[0-9A-Za-z]+)*")


class RuntimeRef(Strict):
    """A runtime; version: None for whichever there is."""

    name: RuntimeName
    version: str | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """`NAME` or `NAME==VERSION`; `UsageError` for anything else, with the name that was meant."""
        name, equals, version = (part.strip() for part in text.partition("=="))
        if name not in get_args(RuntimeName):
            raise unknown_name("runtime", name, get_args(RuntimeName))
        if equals and not _VERSION.fullmatch(version):
            raise UsageError(f"{text!r} names no version of {name}", advice=f"as in {name}==1.20.1")
        return cls(name=cast(RuntimeName, name), version=version or None)

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.name}=={self.version}" if self.version else self.name

    @property
    def folder(self) -> str:
        """The name of its folder on a device; `ValueError` without a version, which alone gives it one of its own."""
        if self.version is None:
            raise ValueError(f"{self.name} without a version has no folder of its own")
        return f"{self.name}-{self.version}"
