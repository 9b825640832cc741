"""What torchao logs as it is imported, and nobody can do anything about: it is left out of the logs."""

from __future__ import annotations

import logging

# its files for other Pythons and GPUs, and names that torch takes without being told of them
_KNOWN = {
    "torchao": ("Failed to load ", "Skipping import of cpp extensions "),
    "torch.utils._pytree": ("is an Enum subclass and is now natively supported",),
}


def drop_known_warnings() -> None:
    """Leave these out from now on; whatever else the libraries log stays."""
    for name in _KNOWN:
        # the same filter is added once
        logging.getLogger(name).addFilter(_is_unknown)


def _is_unknown(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(known in message for known in _KNOWN[record.name])
