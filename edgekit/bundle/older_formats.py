"""Which format versions of manifests and records are read, and what is said of others: the one place that knows.

Manifests of format 1 did not have labels, tolerances and the target under the content hash, records of format 1 no
seal of their own: what cannot be trusted is refused, with the command that renews it, and not converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.agent.inference.content_hash import FORMAT_VERSION, other_version
from edgekit.errors import UsageError

RECORD_VERSION = 2
MEASURE_AGAIN = "delete it, and measure again: edgekit profile"


def check_manifest_version(fields: Mapping[str, Any], path: Path) -> None:
    """Raise `UsageError` for a manifest of another format version, with the command that renews its bundle."""
    if fields.get("format_version") != FORMAT_VERSION:
        # as the agent says it, which refuses the same on a device
        message, advice = other_version(fields, path)
        raise UsageError(message, advice=advice)


def check_record_version(fields: Mapping[str, Any], path: Path) -> None:
    """Raise `UsageError` for a measurement of another format version."""
    if fields.get("format_version") != RECORD_VERSION:
        raise UsageError(f"{path} is no record that this edgekit reads", advice=MEASURE_AGAIN)
