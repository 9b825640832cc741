"""What the machine refuses, of whatever library it comes: memory, space, and names that no file can have."""

from __future__ import annotations

import errno
import re

from edgekit.errors import UsageError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EILSEQ, errno.EINVAL, errno.ETXTBSY, errno.EBUSY, errno.ENXIO),
)
# torch, onnxruntime and Rust's libraries name it in their text
_NO_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|out of memory|Failed to allocate memory|memory allocation of|bad_alloc|"
    r"Cannot allocate memory",
    re.IGNORECASE,
)


def machine_error(error: BaseException) -> UsageError | None:
    """What is no fault of edgekit's, told by the error or by one that it was raised over; None for all others."""
    seen: BaseException | None = error
    while seen is not None:
        found = _known(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def _known(error: BaseException) -> UsageError | None:
    if isinstance(error, MemoryError) or (
        isinstance(error, (RuntimeError, OSError)) and _NO_MEMORY.search(str(error))
    ):
        return UsageError(
            "there is not enough memory for this", advice="give it less at a time, or a machine with more"
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        # outputs say where they are (`io.disk`); what is left are files without a name
        return UsageError(
            f"{_named(error) or 'temporary files'} cannot be written: {error.strerror}",
            advice="free some space, or name another folder for temporary files: TMPDIR",
        )
    if isinstance(error, OSError) and error.errno in _REFUSED and _named(error):
        return UsageError(f"{_named(error)} cannot be used: {error.strerror}")
    if isinstance(error, UnicodeEncodeError):
        text = str(error.object)
        return UsageError(f"{text[:200]!a} holds half a character, which no name and no file can have")
    if isinstance(error, ValueError) and "embedded null" in str(error):
        return UsageError("a name holds a NUL character, which no file can have")
    return None


def _named(error: OSError) -> str:
    name = error.filename
    return name.decode(errors="surrogateescape") if isinstance(name, bytes) else "" if name is None else str(name)
