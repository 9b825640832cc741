"""A target of its own for a machine that is new, from what it says of itself."""

from __future__ import annotations

import re
from typing import Any

import yaml

from edgekit.devices.doctor.probe import Probe
from edgekit.errors import UsageError
from edgekit.measure.metrics import metric_of
from edgekit.schema.resources import is_shipped, load_target
from edgekit.schema.target import Target
from edgekit.tasks.registry import TASKS

# a kernel's names of features by ours
_FEATURES = {"asimd": "neon", "asimdhp": "fp16", "asimddp": "dotprod"}
_KEPT = ("neon", "i8mm", "sve", "bf16", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
# operations a core does in a cycle, fp32 and int8, that the figures of the shipped targets come to
_PER_CYCLE = {
    "0x41/0xd03": (8, 16),
    "0x41/0xd05": (8, 32),
    "0x41/0xd08": (8, 16),
    "0x41/0xd0b": (16, 64),
}
# whose runtimes and schemes a new target starts with
_LIKE = {
    ("linux", "aarch64"): "generic-arm64",
    ("linux", "armv7l"): "rpi4-32bit",
    ("linux", "x86_64"): "x86-64",
    ("android", "aarch64"): "android-arm64-mid",
}
_SIZES_GB = (0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_HEADER = """\
# {title}, from what the machine said of itself. Check it: edgekit targets validate FILE
# Figures whose source begins with "estimated" were not measured; runtimes and schemes are those of {like}.
# There is no budget for latency yet: measure first (edgekit profile --device), then say what it has to hold.
"""

_WITH_DOT_PRODUCTS = {task.name: "int8-weight" for task in TASKS.values() if task.generates}


def draft_target(machine: Probe, name: str | None = None) -> str:
    """A target file for a machine, as YAML that is valid by the schema; estimates are marked as such.

    name: of the target; None makes one from the board's
    Raises `UsageError` for a machine that no runtime is made for, and for the name of a shipped target.
    """
    system = "android" if machine.android is not None else "linux"
    like = _LIKE.get((system, machine.arch))
    if like is None:
        raise UsageError(f"there is no runtime for {system} on {machine.arch}, so there can be no target")
    model = load_target(like)
    board = re.sub(r" Rev \d.*", "", machine.board)
    found = name or _slug(board if board != "unnamed machine" else f"{machine.cpu}-{machine.arch}")
    if is_shipped(found):
        raise UsageError(f"{found} is the name of a target that is shipped with edgekit", advice="give another --name")
    dotprod = "asimddp" in machine.flags
    mapping: dict[str, Any] = {
        "name": found,
        "title": f"{board}, {machine.system}",
        "os": system,
        "arch": machine.arch,
        "libc": machine.c_library.partition(" ")[0],
        "cpu": _cpu(machine, board),
        "memory": _memory(machine),
        "peak": _peak(machine),
        "runtimes": [runtime.model_dump(mode="json", exclude_defaults=True) for runtime in model.runtimes],
        "threads": machine.cores,
        "scheme": dict(model.scheme) | (_WITH_DOT_PRODUCTS if dotprod else {}),
        "lengths": list(model.lengths),
        "budgets": {
            task: [
                budget.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
                for budget in budgets
                if not metric_of(budget).source.on_device
            ]
            for task, budgets in model.budgets.items()
        },
    }
    mapping = {key: value for key, value in mapping.items() if value != {}}
    Target.parse(mapping, "the new target")
    body = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return _HEADER.format(title=_plain(board), like=like) + body


def _cpu(machine: Probe, board: str) -> dict[str, object]:
    features = dict.fromkeys(_FEATURES.get(flag, flag) for flag in sorted(machine.flags))
    known = [feature for feature in features if feature in {*_KEPT, *_FEATURES.values()}]
    cpu: dict[str, object] = {
        "model": f"{machine.cores} x {machine.cpu}",
        "cores": machine.cores,
        "features": known,
        "parts": list(machine.part) if machine.arch in ("aarch64", "armv7l") else [],
        # the maker's name of a PC is no board of a device tree, but a fingerprint calls it so as well
        "boards": [board] if board != "unnamed machine" else [],
    }
    if machine.clock_max_khz:
        cpu["clock_ghz"] = {"value": machine.clock_max_khz / 1e6, "source": "cpuinfo_max_freq of the machine"}
    return {key: value for key, value in cpu.items() if value}


def _memory(machine: Probe) -> dict[str, object]:
    if not machine.ram_kb:
        return {}
    # what the kernel counts is less than what is soldered on: firmware and graphics keep some
    gib = machine.ram_kb / (1 << 20)
    return {"size_gb": [next((size for size in _SIZES_GB if size >= gib), round(gib))]}


def _peak(machine: Probe) -> dict[str, dict[str, object]]:
    """Rates where every core is of one known kind and its clock is known."""
    if len(machine.part) != 1 or machine.part[0] not in _PER_CYCLE or not machine.clock_max_khz:
        return {}
    ghz = machine.clock_max_khz / 1e6
    peak: dict[str, dict[str, object]] = {}
    for key, per_cycle in zip(("fp32_gflops", "int8_gops"), _PER_CYCLE[machine.part[0]], strict=True):
        if key == "int8_gops" and machine.arch == "armv7l":
            continue
        source = f"estimated: {machine.cores} cores x {per_cycle} operations a cycle x {ghz:g} GHz"
        peak[key] = {"value": round(machine.cores * per_cycle * ghz, 1), "source": source}
    return peak


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-")
    return slug or "new-board"


def _plain(text: str) -> str:
    """A device's words in a comment: on one line."""
    return " ".join(text.split())
