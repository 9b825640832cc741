"""What a full, read-only or forbidden disk does to a library, as one sentence."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.errors import UsageError

_CANNOT_WRITE = {
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
# Rust's libraries (safetensors, tokenizers) name the number in their text
_OS_ERROR = re.compile(r"^(?:.*: )?(?P<reason>[^:]+) \(os error (?P<number>\d+)\)")
# torch's writer says that a write came up short, and not why
_TORCH_WRITER = re.compile(r"PytorchStreamWriter failed|inline_container\.cc|iostream error")


@contextmanager
def disk_errors(out: Path) -> Iterator[None]:
    """Turn what says that `out` cannot be written into a `UsageError`; everything else goes on as it is."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        reason = _reason(error, out)
        if reason is None:
            raise
        raise UsageError(f"{out} cannot be written: {reason}") from error


def _reason(error: BaseException, out: Path) -> str | None:
    """Why the disk refused, from the error or from one that it was raised over; None if it is about something else."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno is not None:
            return seen.strerror if seen.errno in _CANNOT_WRITE and _is_near(seen.filename, out) else None
        match = _OS_ERROR.search(str(seen))
        if match and int(match["number"]) in _CANNOT_WRITE:
            return match["reason"]
        if isinstance(seen, RuntimeError) and _TORCH_WRITER.search(str(seen)):
            return "the disk is full, or a file may not grow so large"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def _is_near(named: object, out: Path) -> bool:
    """Whether an error is about the output or what lies beside it; one that names no file is about what is written."""
    return not isinstance(named, str) or Path(named).resolve().is_relative_to(out.resolve().parent)
