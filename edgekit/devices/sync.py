"""Bringing a folder to a device: named by its content, checked there, sent only as far as it is missing."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from edgekit.devices.device_script import run_script
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError, NotFoundError, UsageError
from edgekit.io.hashing import file_sha256
from edgekit.schema.base_model import Strict

# files in one folder; a request names them all
MOST_FILES = 500
# reading a gigabyte from an SD card
_CHECK_SECONDS = 300.0
_LEAVE_SECONDS = 10.0
# bytes up to which a file is sent together with others: each one sent alone takes a command of its own
_SMALL = 100_000
_PACK = ".pack"


class _Missing(Strict):
    missing: tuple[int, ...]


class Sync:
    """Brings folders to a device whose lock is held.

    home:   edgekit's folder there
    python: what runs there
    """

    def __init__(self, transport: Transport, home: str, python: str) -> None:
        self._transport, self._home, self._python = transport, home, python

    def bring(
        self, parent: str, files: Mapping[str, Path], keep: int, advance: Callable[[int, int], None] = lambda *_: None
    ) -> str:
        """Have `files` (by their path in the folder) in `parent/HASH` on the device; the folder's path there.

        keep:    folders of `parent` that stay there, those used last
        advance: is told the bytes sent and the bytes to send
        Raises `DeviceError` when it cannot be done; what was sent by then is not sent again by the next try, unless
        there was no room for it.
        """
        if len(files) > MOST_FILES:
            raise UsageError(f"{len(files)} files are too many for a device; a bundle has about fifteen")
        # small ones are read once: a manifest may be written anew while it is on its way
        contents = {name: content for name, path in files.items() if (content := _small(path)) is not None}
        facts = [_facts(name, path, contents.get(name)) for name, path in sorted(files.items())]
        lines = "".join(f"{name}\0{sha256}\n" for name, _, sha256 in facts)
        name = hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()[:16]
        missing = [(facts[position], position) for position in self._ask("compare", parent, name, facts)]
        if missing:
            small = [(fact, position) for fact, position in missing if fact[0] in contents]
            partial = f"{self._home}/{parent}/.{name}.partial"
            with tempfile.TemporaryDirectory() as folder:
                sources = [(files[fact[0]], f"{partial}/{fact[0]}") for fact, _ in missing if fact[0] not in contents]
                if small:
                    pack = Path(folder) / _PACK
                    pack.write_bytes(b"".join(contents[fact[0]] for fact, _ in small))
                    sources.insert(0, (pack, f"{partial}/{_PACK}"))
                self._send(partial, sources, advance)
            self._ask("finish", parent, name, facts, keep=keep, packed=[position for _, position in small])
        return f"{self._home}/{parent}/{name}"

    def _send(self, partial: str, sources: list[tuple[Path, str]], advance: Callable[[int, int], None]) -> None:
        total = sum(source.stat().st_size for source, _ in sources)
        before = 0

        def report_progress(done: int) -> None:
            advance(before + done, total)

        for source, place in sources:
            try:
                self._transport.push(source, place, report_progress)
            except DeviceError as error:
                if "No space left" in error.message:
                    self._transport.run(["rm", "-rf", "--", partial], timeout=_LEAVE_SECONDS)
                raise
            before += source.stat().st_size

    def _ask(
        self, do: str, parent: str, name: str, facts: list[tuple[str, int, str]], **more: object
    ) -> tuple[int, ...]:
        request = {"do": do, "home": self._home, "parent": parent, "name": name, "files": facts, **more}
        answer = run_script(self._transport, self._python, "files", _Missing, timeout=_CHECK_SECONDS, **request)
        if any(not 0 <= position < len(facts) for position in answer.missing):
            raise DeviceError(f"{self._transport.where}: the device asks for files that nobody has")
        return answer.missing


def _small(path: Path) -> bytes | None:
    """The content of a file that is sent together with others."""
    try:
        with path.open("rb") as file:
            content = file.read(_SMALL + 1)
    except OSError:  # `_facts` says why
        return None
    return content if len(content) <= _SMALL else None


def _facts(name: str, path: Path, content: bytes | None) -> tuple[str, int, str]:
    """Name, bytes and hash of a file, whose content is at hand if it is small."""
    if content is not None:
        return name, len(content), hashlib.sha256(content).hexdigest()
    try:
        return name, path.stat().st_size, file_sha256(path)
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror or error}") from None
