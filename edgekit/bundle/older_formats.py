"""Which format versions of manifests and records are read, and what is said of others: the one place that knows.

Manifests of format 1 did not have labels, tolerances and the target under the content hash, records of format 1 no
seal of their own: what cannot be trusted is refused, with the command that renews it, and not converted. Format 3 is
format 2 with a problem type and thresholds under the content hash: bundles of regressions and of multi-label models
have it, which a reader of format 2 would answer wrongly with; all others stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgekit.agent.inference.content_hash import FORMAT_VERSIONS, other_version
from edgekit.errors import UsageError

RECORD_VERSION = 2
MEASURE_AGAIN = "delete it, and measure again: edgekit profile"


def check_manifest_version(fields: Mapping[str, object], path: Path) -> None:
    """Raise `UsageError` for a manifest of another format version, with the command that renews its bundle."""
    if fields.get("format_version") not in FORMAT_VERSIONS:
        # as the agent says it, which refuses the same on a device
        message, advice = other_version(fields, path)
        raise UsageError(message, advice=advice)


def check_record_version(fields: Mapping[str, object], path: Path) -> None:
    """Raise `UsageError` for a measurement of another format version."""
    if fields.get("format_version") != RECORD_VERSION:
        raise UsageError(f"{path} is no record that this edgekit reads", advice=MEASURE_AGAIN)
