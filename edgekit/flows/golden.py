"""Proving a bundle by its golden cases, once for each content hash, and keeping who reproduced them."""

from __future__ import annotations

from contextlib import suppress

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.records import GoldenRun
from edgekit.devices.messages import Golden
from edgekit.errors import DeviceError, UsageError, agent_errors


def prove_golden(bundle: BundleFolder) -> None:
    """Have this machine reproduce the golden cases of a bundle, unless a run of this very content is kept.

    A bundle in a folder that cannot be written to is proven each time. Raises `ParityError` for wrong answers,
    `UsageError` for a bundle that is not what its manifest says, and `DeviceError` where this machine lacks the
    runtime and no other has proven the bundle.
    """
    content_hash = bundle.manifest.content_hash
    if any(run.content_hash == content_hash for run in bundle.records.golden):
        return
    from edgekit.agent.benchmark.golden_record import golden_record_of

    checked = bundle.checked()
    with agent_errors():
        found = golden_record_of(checked)
    keep_golden(bundle, golden_record(Golden.parse(found, "this machine's agent"), content_hash))


def golden_record(golden: Golden, content_hash: str) -> GoldenRun:
    """What is kept of a device's answer to `golden`.

    content_hash: of the bundle that was meant; `DeviceError` where the device has run another
    """
    if golden.content_hash != content_hash:
        raise DeviceError(
            f"{golden.fingerprint.device} ran the golden cases of another bundle: content hash "
            f"{golden.content_hash[:12]}, expected {content_hash[:12]}",
            advice="the bundle was changed meanwhile: try again",
        )
    return GoldenRun(**golden.model_dump())


def keep_golden(bundle: BundleFolder, run: GoldenRun) -> None:
    """Keep a run of the golden cases, one for each machine and runtime, where the bundle's folder can be written."""
    machine = run.fingerprint.model_dump(mode="json", include={"device", "arch", "cpu_model", "os"})
    # what cannot be kept is run again next time
    with suppress(UsageError):
        bundle.keep(run, {"runtime": run.runtime} | machine)
