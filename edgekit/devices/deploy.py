"""Bundles that run on a device: brought beside the one that runs, switched to at once, and back."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import pydantic

from edgekit.bundle.manifest import MANIFEST_FILE, Manifest
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.device_script import run_script
from edgekit.errors import DeviceError, UsageError
from edgekit.schema.base_model import Strict

T = TypeVar("T", bound=Strict)

# copying a gigabyte on an SD card
STAGE_SECONDS = 600.0
ABANDON_SECONDS = 10.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Release(Strict):
    """A bundle that was deployed, as this side wrote it down.

    deployed_at: ISO 8601 with the offset from UTC
    """

    bundle: str
    content_hash: str
    size_mb: pydantic.NonNegativeFloat
    deployed_at: str

    @classmethod
    def of(cls, manifest: Manifest) -> Release:
        """What is written down of a bundle now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        size = round(manifest.size_mb, 3)
        return cls(bundle=manifest.name, content_hash=manifest.content_hash, size_mb=size, deployed_at=now)


class Deployed(Strict):
    """The releases under one name by their numbers; current: the number of the one that runs."""

    current: pydantic.PositiveInt | None
    releases: dict[pydantic.PositiveInt, Release] = pydantic.Field(max_length=1000)

    @property
    def running(self) -> Release | None:
        """The release that runs."""
        return self.releases.get(self.current) if self.current is not None else None

    @property
    def number(self) -> int:
        """Of the release that runs; 0 where none does."""
        return self.current or 0

    @property
    def previous(self) -> int | None:
        """The number of the release that a rollback returns to."""
        return max((number for number in self.releases if number < self.number), default=None)


@dataclass(frozen=True)
class Staged:
    """A bundle beside the one that runs; path: where it is on the device."""

    name: str
    incoming: str
    path: str


class _DeploymentsReply(Strict):
    deployed: dict[str, Deployed] = pydantic.Field(max_length=1000)


class _DoneReply(Strict):
    pass


def check_name(name: str) -> str:
    """The name, where a deployment can have it; `UsageError` where it cannot."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a deployment",
            advice="up to 64 letters, digits, dots, dashes and underscores: --as smart-home",
        )
    return name


class Deployments:
    """What is deployed on a device.

    device: entered, so that its lock is held
    python: of the device
    Every method raises `DeviceError` when the device fails, or cannot do it.
    """

    def __init__(self, device: ConnectedDevice, python: str) -> None:
        self._device, self._python = device, python

    def path(self, name: str) -> str:
        """Where a program on the device finds the bundle that runs."""
        return f"{self._device.home}/deployed/{name}/current"

    def all(self) -> dict[str, Deployed]:
        """The deployments by name."""
        return self._ask("list", _DeploymentsReply).deployed

    def one(self, name: str) -> Deployed:
        """One deployment; `DeviceError` where nothing runs under the name."""
        found = self.all().get(name)
        if found is None or found.running is None:
            raise DeviceError(f"{self._device.transport.where}: nothing runs as {name}")
        return found

    @contextmanager
    def staged(self, name: str, source: str, manifest: Manifest) -> Iterator[Staged]:
        """Copy a bundle, that is at `source` on the device, beside the one that runs; gone where the block fails.

        What a link that is cut off leaves there is swept by the next try.
        """
        incoming = f".incoming-{uuid.uuid4().hex[:8]}"
        record = Release.of(manifest).model_dump(mode="json")
        files = [*manifest.files, MANIFEST_FILE]
        what = {"name": name, "incoming": incoming}
        try:
            self._ask("stage", _DoneReply, timeout=STAGE_SECONDS, source=source, files=files, record=record, **what)
            yield Staged(name, incoming, f"{self._device.home}/deployed/{name}/{incoming}/bundle")
        except BaseException:
            with suppress(DeviceError):
                self._ask("abandon", _DoneReply, timeout=ABANDON_SECONDS, **what)
            raise

    def switch(self, staged: Staged) -> None:
        """Let what is staged run, and keep what ran before."""
        self._ask("switch", _DoneReply, name=staged.name, incoming=staged.incoming)

    def rollback(self, name: str) -> None:
        """Return to the release before the one that runs."""
        self._ask("rollback", _DoneReply, name=name)

    def remove(self, name: str) -> None:
        """Remove a name with all its releases."""
        self._ask("remove", _DoneReply, timeout=STAGE_SECONDS, name=name)

    def _ask(self, do: str, reply: type[T], *, timeout: float = 60.0, **request: object) -> T:
        fields = {"do": do, "home": self._device.home, **request}
        return run_script(self._device.transport, self._python, "deployments", reply, timeout=timeout, **fields)
