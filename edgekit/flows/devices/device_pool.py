"""The same work on several devices at once: one that fails does not lose what the others gave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from edgekit.devices.base import ConnectedDevice, Device
from edgekit.devices.open_device import open_device, open_transport
from edgekit.devices.registry import chosen
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError, EdgekitError, worst_exit_code
from edgekit.io.progress import SILENT, Advance, Progress

T = TypeVar("T")
Link = TypeVar("Link")
_WAKE_SECONDS = 0.2


@dataclass(frozen=True)
class DeviceResult(Generic[T]):
    """What one device gave: a result, or an error."""

    name: str
    result: T | None = None
    error: EdgekitError | None = None


class SomeDevicesFailed(EdgekitError):
    """Some of several devices failed.

    results: what the others gave, by the device's name
    errors:  why each failed
    """

    def __init__(self, results: Mapping[str, Any], errors: Mapping[str, EdgekitError]) -> None:
        total = len(results) + len(errors)
        reasons = "; ".join(f"{name}: {error.message}" for name, error in errors.items())
        advice = [error.advice for error in errors.values() if error.advice]
        super().__init__(f"{len(errors)} of {total} devices failed: {reasons}", advice=advice[0] if advice else None)
        self.results = results
        self.errors = errors
        self.exit_code = worst_exit_code(error.exit_code for error in errors.values())


def on_each(
    names: Sequence[str], work: Callable[[ConnectedDevice, Progress], T], progress: Progress = SILENT
) -> dict[str, T]:
    """What `work` gives on each device, by the name that it was asked for; different devices work in parallel.

    names: names or URLs; `all` for every device that has a name
    Raises the error of the only device, or `SomeDevicesFailed` with what the others gave, once all have ended. An
    interrupt ends the agents of all of them. `UsageError` for a name that is not known, before anything is reached.
    """
    devices = {name: open_device(name) for name in chosen(names)}
    several = len(devices) > 1

    def each(name: str, device: Device) -> T:
        return work(device, _Named(progress, name) if several else progress)

    outcomes = _at_once(devices, each)
    errors = {outcome.name: outcome.error for outcome in outcomes if outcome.error is not None}
    results = {outcome.name: outcome.result for outcome in outcomes if outcome.result is not None}
    if errors:
        raise SomeDevicesFailed(results, errors) if several else next(iter(errors.values()))
    return results


def finished(work: Callable[[], dict[str, T]]) -> tuple[Mapping[str, T], SomeDevicesFailed | None]:
    """What `work`, which calls `on_each`, gave on the devices that did not fail, and the failure of the others."""
    try:
        return work(), None
    except SomeDevicesFailed as error:
        return error.results, error


def look_at_each(names: Sequence[str], look: Callable[[str, Transport], T]) -> list[DeviceResult[T]]:
    """What `look` gives over a link to each device, which takes no lock. As `on_each`, but an error is an outcome."""
    return _at_once({name: open_transport(name) for name in chosen(names)}, look)


def _at_once(
    links: Mapping[str, AbstractContextManager[Link]], work: Callable[[str, Link], T]
) -> list[DeviceResult[T]]:
    """Enter each link and work over it, each in a thread of its own; one alone needs none."""
    stopped = threading.Event()

    def one(name: str, link: AbstractContextManager[Link]) -> T:
        with link as entered:
            if stopped.is_set():
                raise DeviceError(f"{name}: stopped before it began")
            return work(name, entered)

    if len(links) == 1:
        [(name, link)] = links.items()
        return [_outcome(name, lambda: one(name, link))]
    futures: dict[str, Future[T]] = {}
    with ThreadPoolExecutor(len(links)) as pool:
        try:
            for name, link in links.items():
                futures[name] = pool.submit(one, name, link)
            # a signal may reach any thread, and is heeded by this one when it wakes
            while wait(futures.values(), timeout=_WAKE_SECONDS).not_done:
                pass
        except BaseException:
            # a thread cannot be interrupted, but what it waits for can be ended
            stopped.set()
            for link in _running(links, futures):
                with suppress(DeviceError):
                    link.__exit__(None, None, None)
            raise
    return [_outcome(name, future.result) for name, future in futures.items()]


def _running(
    links: Mapping[str, AbstractContextManager[Link]], futures: Mapping[str, Future[T]]
) -> Iterable[AbstractContextManager[Link]]:
    return (link for name, link in links.items() if name not in futures or not futures[name].done())


def _outcome(name: str, give: Callable[[], T]) -> DeviceResult[T]:
    try:
        return DeviceResult(name, give())
    except EdgekitError as error:
        return DeviceResult(name, error=error)


class _Named:
    """A progress that says which device it is of."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """See `io.progress.Progress`."""
        with self._progress.task(f"{self._name}: {title}", total) as advance:
            yield advance

    def say(self, text: str) -> None:
        """See `io.progress.Progress`."""
        self._progress.say(f"{self._name}: {text}")
