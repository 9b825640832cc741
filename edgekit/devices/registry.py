"""The devices that a person named, in one file of their own: `~/.config/edgekit/devices.yaml`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.errors import NotFoundError, UsageError, unknown_name
from edgekit.io.atomic import follow_links, write_named_text
from edgekit.io.disk import disk_errors
from edgekit.schema.device import ALL, DeviceUrl, KnownDevice, Registry
from edgekit.schema.resources import load_target

FILE_VARIABLE = "EDGEKIT_DEVICES"


def registry_path() -> Path:
    """Where the file is: what `EDGEKIT_DEVICES` names, else in the folder that the XDG specification gives."""
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    # the specification: a path that is not absolute is to be ignored
    return (Path(home) if home and Path(home).is_absolute() else Path.home() / ".config") / "edgekit" / "devices.yaml"


def known_devices() -> dict[str, KnownDevice]:
    """The named devices, none where there is no file yet; `UsageError` for a file that is not valid."""
    path = registry_path()
    return dict(Registry.read(path).devices) if path.exists() else {}


def add_device(name: str, device: KnownDevice, *, force: bool = False) -> KnownDevice:
    """Give a device a name; what was kept. `UsageError` for a wrong target, and without `force` a name in use."""
    if device.target is not None:
        device = device.model_copy(update={"target": _lasting(device.target)})
    with _changing() as known:
        if name in known and not force:
            raise UsageError(
                f"{name} is {known[name].url} already", advice="give another name, or --force to replace it"
            )
        known[name] = device
    return device


def remove_device(name: str) -> KnownDevice:
    """Forget a name; what it stood for. Nothing on the device is touched. `NotFoundError` for a name not known."""
    with _changing() as known:
        if name not in known:
            raise _unknown(name, known)
        return known.pop(name)


def resolve(name_or_url: str) -> KnownDevice:
    """What `--device` means: a named device, or one by its URL. `NotFoundError` for a name that nobody gave."""
    if name_or_url == "local" or ":" in name_or_url:
        return KnownDevice(url=str(DeviceUrl.parse(name_or_url)))
    known = known_devices()
    if name_or_url not in known:
        raise _unknown(name_or_url, known)
    return known[name_or_url]


def chosen(devices: Iterable[str]) -> tuple[str, ...]:
    """The devices that `--device`, given once or several times, stands for: each once, `all` unfolded.

    Raises `UsageError` for a device that is not known, for `all` where none is, and for two names of one device, which
    would wait for each other.
    """
    names: list[str] = []
    for device in devices:
        if device == ALL:
            known = known_devices()
            if not known:
                raise UsageError("no device has a name yet", advice="give one: edgekit devices add NAME URL")
            names += known
        else:
            names.append(device)
    by_url: dict[str, str] = {}
    for name in dict.fromkeys(names):
        url = resolve(name).url
        if url in by_url:
            raise UsageError(f"{by_url[url]} and {name} are one device, {url}", advice="name it once")
        by_url[url] = name
    return tuple(by_url.values())


def _lasting(target: str) -> str:
    """The target as it can be found from any folder; `UsageError` where there is none."""
    load_target(target)
    path = Path(target)
    return str(path.resolve()) if path.suffix or len(path.parts) > 1 else target


def _unknown(name: str, known: dict[str, KnownDevice]) -> NotFoundError:
    error = unknown_name("device", name, [*known, "local"])
    if "did you mean" in (error.advice or ""):
        return error
    return NotFoundError(error.message, advice=f"{error.advice}; name one: edgekit devices add {name} ssh://HOST")


@contextmanager
def _changing() -> Iterator[dict[str, KnownDevice]]:
    """The named devices, to be changed while nobody else does; written at the end, unless there is an error."""
    # where a link leads, so that all who change that file wait for each other
    path = follow_links(registry_path())
    # beside the file, which is replaced as a whole
    place = path.with_name(f".{path.name}.lock")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = place.open("ab")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = known_devices()
        yield known
        _write(known)


def _write(devices: dict[str, KnownDevice]) -> None:
    import yaml

    registry = Registry.parse({"devices": {name: device.model_dump() for name, device in devices.items()}}, "a device")
    plain = registry.model_dump(mode="json", exclude_none=True)
    write_named_text(registry_path(), yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))
