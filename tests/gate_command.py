"""`edgekit gate` on a bundle of a finished run, whose measurements other work on this machine has no part in."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner
from record_makers import latency

from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import write_record
from edgekit.cli import cli


@pytest.fixture
def bundle(finished_run, tmp_path):
    """The bundle of a run, with measurements that other work on this machine has no part in."""
    _, folder, _ = finished_run
    copy = shutil.copytree(folder / "bundles" / "onnx", tmp_path / "onnx")
    shutil.rmtree(copy / "measurements")
    keep(copy, 10, length=16)
    return copy


def gate(bundle, *budgets, options=()):
    words = [word for budget in budgets for word in ("--budget", budget)]
    return CliRunner().invoke(cli, ["gate", str(bundle), *words, *options, "--json"], standalone_mode=False)


def outcome(bundle, budget):
    found = json.loads(gate(bundle, budget).stdout)
    return found["exit_code"], found["verdicts"][0]["verdict"]["outcome"]


def keep(bundle, milliseconds, **changes):
    """Store a measurement of this very file, as an x86 machine would have taken it."""
    record = latency(Manifest.of(bundle), milliseconds, **changes)
    write_record(bundle, record, {"number": len(list((bundle / "measurements").glob("*")))})


def judged(bundle, budget):
    found = json.loads(gate(bundle, budget).stdout)["verdicts"][0]
    return found["verdict"] | {"conditions": found["conditions"]}
