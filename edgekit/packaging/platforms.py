"""The platforms by name, each imported when it is asked for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from edgekit.agent.inference.bundle import Bundle
from edgekit.options.package_options import PlatformName
from edgekit.packaging.contents import Added
from edgekit.packaging.identity import Identity


class Platform(Protocol):
    """What the module `write` of a platform's folder offers.

    FORMATS: of bundles that it packages
    """

    FORMATS: tuple[str, ...]

    def write(self, bundle: Bundle, identity: Identity, folder: Path, **own: object) -> Added:
        """Fill `folder`, which is new and empty; `UsageError` for a bundle that cannot be packaged.

        own: options that this platform alone has
        """
        ...


def platform(name: PlatformName) -> Platform:
    """The platform of this name."""
    return cast(Platform, importlib.import_module(f"edgekit.packaging.{name}.write"))
