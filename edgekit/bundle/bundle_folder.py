"""A bundle that a command works on: its manifest and its records, each file read once, and what is written to it."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgekit.agent.inference.bundle import Bundle, check_files, check_manifest, read_manifest
from edgekit.bundle.manifest import MANIFEST_FILE, Evaluated, Manifest, is_bundle
from edgekit.bundle.model_card import CARD_FILE, model_card
from edgekit.bundle.records import Record, Records, read_record, record_files, write_record
from edgekit.errors import UsageError, agent_errors
from edgekit.io.atomic import package_around, write_text
from edgekit.options.model_ref import ModelRef
from edgekit.tasks.registry import task_named
from edgekit.tasks.task import Task

# what changes with a file's content: when it was last written, its size, and which file it is
_Stamp = tuple[int, int, int]
# a manifest is read, changed and written by one at a time
_WRITING = threading.Lock()


class BundleFolder:
    """The folder of a bundle, handed along in place of its path.

    Nothing is read before it is asked for, and each file once; what is written through it is known without reading it
    again. The threads that work on several devices may share one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._fields: dict[str, Any] = {}
        self._manifest: Manifest | None = None
        self._manifest_stamp: _Stamp | None = None
        self._records: dict[Path, Record] | None = None
        self._bundle: Bundle | None = None
        self._stamps: list[_Stamp | None] = []

    @classmethod
    def of(cls, bundle: str | Path | BundleFolder) -> BundleFolder:
        """A path as the folder of a bundle; it need not be one."""
        return bundle if isinstance(bundle, BundleFolder) else cls(bundle)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    @property
    def manifest(self) -> Manifest:
        """The manifest; `UsageError` where the folder is no bundle, or the manifest cannot be trusted."""
        with self._lock:
            if self._manifest is None:
                self._manifest = self._read_manifest()
            return self._manifest

    @property
    def model_file(self) -> Path:
        """The path of the model file; raises as `manifest` does."""
        return self.path / self.manifest.model_file

    @property
    def task(self) -> Task:
        """What its model does; raises as `manifest` does."""
        return task_named(self.manifest.task)

    @property
    def records(self) -> Records:
        """What was measured of it; `UsageError` names a file that is not valid, or was changed since."""
        with self._lock:
            if self._records is None:
                self._records = {path: read_record(path) for path in record_files(self.path)}
            return Records.of(tuple(self._records[path] for path in sorted(self._records)))

    def checked(self) -> Bundle:
        """The bundle as the agent runs it, every file checked against its hash.

        Files are hashed again only where one was written since. Raises `UsageError` for a file that is missing or not
        the one of the manifest, and as `manifest` does.
        """
        manifest = self.manifest
        with self._lock:
            stamps = [_stamp(self.path / name) for name in manifest.files]
            if self._bundle is None or stamps != self._stamps:
                with agent_errors():
                    self._bundle = check_files(self.path, self._fields)
                self._stamps = stamps
            return self._bundle

    def check_keeps(self) -> None:
        """Raise `UsageError` for a bundle in a package: what is kept with it would be built into an app."""
        package = package_around(self.path)
        if package is not None:
            raise UsageError(
                f"{self} lies in the package {package}, and what is measured or evaluated of it would be built into "
                "the app with it",
                advice="give the bundle that the package was made of, or a copy of this one outside the package",
            )

    def check_writable(self) -> None:
        """Raise `UsageError` where the manifest cannot be written: before an evaluation, which takes long."""
        self.check_keeps()
        if not os.access(self.path, os.W_OK):
            reason = errno.EROFS if os.statvfs(self.path).f_flag & os.ST_RDONLY else errno.EACCES
            raise UsageError(
                f"{self} cannot be written ({os.strerror(reason)}), so that its manifest cannot take the figures",
                advice="evaluate it without keeping them: edgekit evaluate --no-record",
            )

    def keep(self, record: Record, conditions: Mapping[str, object]) -> Path:
        """Write a record, in place of one of its kind under the same conditions; its path.

        Raises `UsageError` where the folder cannot be written, or lies in a package.
        """
        self.check_keeps()
        with self._lock:
            path = write_record(self.path, record, conditions)
            if self._records is not None:
                self._records[path] = record
            return path

    def record(self, evaluation: Evaluated) -> None:
        """Write an evaluation into the manifest (`Manifest.with_evaluation`); raises as `update_manifest`."""
        self.update_manifest(evaluation.content_hash, lambda manifest: manifest.with_evaluation(evaluation))

    def update_manifest(self, content_hash: str | None, change: Callable[[Manifest], Manifest]) -> None:
        """Write the manifest as `change` makes it from the one on disk, which is read again if another wrote it since.

        content_hash: of the bundle that was evaluated
        Raises `UsageError` if that is another one than this is by now, or where the folder cannot be written.
        """
        self.check_keeps()
        with _WRITING, self._lock:
            known = self.manifest
            path = self.path / MANIFEST_FILE
            current = known if _stamp(path) == self._manifest_stamp else self._read_manifest()
            if current.content_hash != content_hash:
                raise UsageError(
                    f"{self.path} is another bundle than the one that was evaluated", advice="evaluate it again"
                )
            changed = change(current)
            text = changed.dump()
            write_text(path, text)
            self._renew_card(current, changed)
            self._manifest, self._fields, self._manifest_stamp = changed, json.loads(text), _stamp(path)
            if self._bundle is not None:
                self._bundle = dataclasses.replace(self._bundle, manifest=self._fields)

    def _renew_card(self, before: Manifest, after: Manifest) -> None:
        """Write the model card anew, unless a person has written into it."""
        card = self.path / CARD_FILE
        if card.is_file() and card.read_text(encoding="utf-8", errors="replace") == model_card(before):
            write_text(card, model_card(after))

    def _read_manifest(self) -> Manifest:
        path = self.path / MANIFEST_FILE
        # before it is read: what is written meanwhile counts as written since
        self._manifest_stamp = _stamp(path)
        with agent_errors():
            self._fields = read_manifest(self.path)
            check_manifest(self._fields, self.path)
        return Manifest.of_checked(self._fields, str(path))


def bundle_or_checkpoint(model: str | Path | ModelRef | BundleFolder) -> BundleFolder | ModelRef:
    """A model as a bundle, where it is the path of one; else as a reference to a checkpoint, which need not exist."""
    if isinstance(model, BundleFolder):
        return model
    reference = ModelRef.of(model)
    return BundleFolder(reference.path) if is_bundle(reference.path) else reference


def _stamp(path: Path) -> _Stamp | None:
    """None for a file that is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
