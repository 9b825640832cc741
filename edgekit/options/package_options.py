"""What `edgekit package` can be told."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args

import pydantic
from pydantic import Field

from edgekit.schema.base_model import Strict
from edgekit.schema.target import Architecture

PlatformName = Literal["android", "ios", "web", "linux"]
PLATFORMS: tuple[PlatformName, ...] = get_args(PlatformName)
ALL: Literal["all"] = "all"
_OF_LINUX = ("arch", "python", "no_wheels")
_NUMBER = "(0|[1-9][0-9]{0,8})"
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+) *(kB|MB|GB)?", re.IGNORECASE)
_MB = {"kb": 1e-3, "mb": 1.0, "gb": 1e3}
# a part of an id is also that of a Java package
_JAVA = (
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
    "false final finally float for goto if implements import instanceof int interface long native new null package "
    "private protected public return short static strictfp super switch synchronized this throw throws transient "
    "true try void volatile while"
)
_RESERVED = frozenset(_JAVA.split())


def _of(pattern: str, noun: str, wanted: str) -> pydantic.AfterValidator:
    """A validator that says what is wanted in words: a pattern helps nobody."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value[:60]!r} is no {noun} of a package: {wanted}")
        return value

    return pydantic.AfterValidator(check)


def _no_reserved_word(value: str) -> str:
    reserved = next((part for part in value.split(".") if part in _RESERVED), None)
    if reserved is not None:
        raise ValueError(f"{value!r}: {reserved!r} is a word of Java's own, which no package can be named by")
    return value


def _megabytes(value: object) -> object:
    """`12MB` and `800 kB` as MB; what is no text is left to the type."""
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"{value!r} is no size, as 12MB or 800kB")
    return float(found[1]) * _MB[(found[2] or "MB").lower()]


# what npm, Maven and Swift all take
PackageName = Annotated[
    str,
    Field(max_length=60),
    _of("[a-z][a-z0-9]*(-[a-z0-9]+)*", "name", "lower-case words joined by hyphens, as smart-home"),
]
PackageVersion = Annotated[
    str,
    Field(max_length=60),
    _of(
        rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?",
        "version",
        "three numbers, as 1.0.0 or 1.0.0-beta.1",
    ),
]
PackageId = Annotated[
    str,
    Field(max_length=100),
    _of(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", "id", "a domain name turned round, as com.example.smarthome"),
    pydantic.AfterValidator(_no_reserved_word),
]
Megabytes = Annotated[float, pydantic.BeforeValidator(_megabytes)]


class PackageOptions(Strict):
    """Options of `edgekit package`."""

    platform: Annotated[
        tuple[PlatformName | Literal["all"], ...],
        Field(
            min_length=1,
            description="What for: once or several times. Default: all, which is every one that takes the bundle's "
            "format.",
        ),
    ] = ("all",)
    name: Annotated[
        PackageName | None,
        Field(
            description="What it is called: lower-case words joined by hyphens. Default: as its recipe, or as "
            "the model that it began as."
        ),
    ] = None
    version: Annotated[PackageVersion, Field(description="Its version.")] = "1.0.0"
    id: Annotated[
        PackageId | None,
        Field(description="Its id: your domain name turned round, and its name. Default: com.example.NAME."),
    ] = None
    max_size: Annotated[
        Megabytes | None,
        Field(gt=0, description="The most MB that a package may add to an app, as 12MB; over it none is written."),
    ] = None
    golden_from_data: Annotated[
        bool,
        Field(
            description="Let packages have the bundle's golden texts that are rows of data, too; else only those that "
            "nobody wrote."
        ),
    ] = False
    arch: Annotated[
        Architecture | None, Field(description="linux: its processor. Default: that of the bundle's target.")
    ] = None
    python: Annotated[str, Field(description="linux: the version of its Python.")] = "3.11"
    no_wheels: Annotated[
        bool, Field(description="linux: bring no runtime, for a device whose Python has one; nothing is fetched then.")
    ] = False

    @pydantic.field_validator("platform", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        """One may be said as plain text, and each counts once."""
        named = (value,) if isinstance(value, str) else value
        return tuple(dict.fromkeys(named)) if isinstance(named, (list, tuple)) and _all_text(named) else named

    @pydantic.model_validator(mode="after")
    def _about_what_is_packaged(self) -> Self:
        given = [name for name in _OF_LINUX if getattr(self, name) != type(self).model_fields[name].default]
        if given and not {"linux", ALL} & set(self.platform):
            raise ValueError(f"{given[0]} is about linux, which is not among the platforms")
        return self

    @property
    def wants_all(self) -> bool:
        """Whether every platform that takes the bundle is meant."""
        return ALL in self.platform


def _all_text(values: list[object] | tuple[object, ...]) -> bool:
    return all(isinstance(value, str) for value in values)
