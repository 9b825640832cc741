"""Thousands of damaged files through the functions that read them: each is read, or refused by edgekit's own error.

A hang is caught by the time limit of the test.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutation import mutants
from tiny_bundle import make_bundle, rewrite

from edgekit.agent.errors import AgentError
from edgekit.agent.inference.bundle import Bundle, open_bundle, read_golden
from edgekit.agent.inference.golden import run_golden
from edgekit.agent.inference.tokenizer import Tokenizer
from edgekit.agent.server import Service
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import CheckpointExtras, Manifest
from edgekit.devices.agent_client import AgentClient
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.messages import Facts, Hello
from edgekit.errors import EdgekitError
from edgekit.io.hashing import value_sha256
from edgekit.options.recipe import load_recipe
from edgekit.schema.budget import Budget
from edgekit.schema.resources import shipped_files
from edgekit.schema.target import Target

pytestmark = pytest.mark.timeout(120)
REFUSED = (EdgekitError, AgentError)
MANY = 10


@dataclass
class Fuzz:
    """How many cases, and where files may be written."""

    factor: int
    folder: Path

    def holds(self, content: bytes, count: int, read) -> None:
        """Every damaged copy of `content` is read by `read(bytes)`, or refused."""
        for number, damaged in enumerate(mutants(content, count * self.factor, seed=self.factor)):
            try:
                read(damaged)
            except REFUSED as error:
                assert error.message.strip(), f"case {number}: an error that says nothing"
            except BaseException as error:
                raise AssertionError(f"case {number}: {error!r} from {damaged[:300]!r}") from error

    def of_file(self, path: Path, count: int, read) -> None:
        """The same for a file that `read()` opens by itself."""

        def written(damaged: bytes) -> None:
            path.write_bytes(damaged)
            read()

        self.holds(path.read_bytes(), count, written)


@pytest.fixture(params=[1, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
def fuzz(request, tmp_path):
    return Fuzz(request.param, tmp_path)


@pytest.fixture
def bundle(tmp_path):
    return make_bundle(tmp_path / "bundle", "onnx")


@pytest.fixture
def checkpoint(tiny_checkpoint, tmp_path):
    return shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint")


MEASUREMENT = {
    "model_sha256": "0" * 64,
    "runtime": "onnxruntime",
    "runtime_version": "1",
    "threads": 1,
    "length": 8,
    "kind": "latency",
    "format_version": 2,
    "samples_ms": {"infer": [1.0, 2.0]},
    "processes": [
        {
            "samples": {"infer": 2},
            "seconds": 1.0,
            "cold_load_ms": 1.0,
            "first_inference_ms": 1.0,
            "peak_rss_mb": 1.0,
        }
    ],
    "during": [{"seconds": 0.0, "runs": 0, "waited": None}, {"seconds": 0.5, "runs": 2, "waited": 0.5, "others": 1.0}],
    "cold_load_ms": 1.0,
    "first_inference_ms": 1.0,
    "warmup_runs": 1,
    "peak_rss_mb": 1.0,
    "fingerprint": {
        "device": "a board",
        "arch": "aarch64",
        "cpu_model": "x",
        "cores": 4,
        "os": "Linux",
        "libc": "glibc",
        "python": "3.11",
    },
    "before": {},
    "after": {"load_1min": 0.5},
    "taken_at": "2026-01-01T00:00:00+00:00",
    "agent_version": "1.0",
}
HELLO = {"protocol": 1, "agent": "1", "python": "3", "runtimes": {"onnxruntime": None}, "modules": ["a"], "pid": 3}
REPLIES = [
    {"id": 1, "event": "progress", "progress": {"stage": "measure", "runs": 3, "seconds": 1.0}},
    {"id": 1, "event": "result", "result": HELLO},
    {"id": 1, "event": "error", "error": {"kind": "usage", "message": "no", "advice": None}},
]


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_targets(fuzz, suffix):
    path = fuzz.folder / f"mine{suffix}"
    target = Target.read(shipped_files("targets")["rpi4"])
    yaml_text = shipped_files("targets")["rpi4"].read_bytes()
    path.write_bytes(yaml_text if suffix == ".yaml" else json.dumps(target.model_dump(mode="json")).encode())
    fuzz.of_file(path, 100, lambda: Target.read(path))


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_recipes(fuzz, suffix):
    from tiny_recipe import write_recipe

    path = fuzz.folder / f"mine{suffix}"
    path.write_bytes(
        shipped_files("recipes")["quickstart"].read_bytes()
        if suffix == ".yaml"
        else write_recipe(fuzz.folder).read_bytes()
    )
    fuzz.of_file(path, 100, lambda: load_recipe(str(path)))


def test_settings_of_a_recipe(fuzz):
    def read(damaged: bytes) -> None:
        load_recipe("quickstart", [damaged.decode("utf-8", "surrogateescape")])

    fuzz.holds(b"stages.distill.student={layers: 2, hidden: 64}", 60, read)


def test_budgets_as_text(fuzz):
    fuzz.holds(
        b"latency_p95_ms=30,length=128,threads=2,target=rpi4,gate=false",
        300,
        lambda damaged: Budget.from_text(damaged.decode("utf-8", "surrogateescape")),
    )


def test_budgets_as_values(fuzz):
    content = b'{"metric": "latency_p95_ms", "limit": 30, "length": 128, "threads": 2, "gate": false}'

    def read(damaged: bytes) -> None:
        try:
            value = json.loads(damaged)
        except (ValueError, RecursionError):
            return
        Budget.parse(value, "a budget")

    fuzz.holds(content, 300, read)


def resealed(folder: Path) -> None:
    """A damaged manifest whose hashes are in order again, so that readers look further than these."""
    with suppress(ValueError, TypeError, RecursionError):
        rewrite(folder)


def test_manifests(fuzz, bundle):
    def read() -> None:
        for _ in range(2):
            for reader in (open_bundle, lambda folder: Manifest.read(folder / "manifest.json")):
                with suppress(REFUSED):
                    reader(bundle)
            resealed(bundle)

    fuzz.of_file(bundle / "manifest.json", 250, read)


def test_manifests_that_a_classifier_runs_by(fuzz, bundle):
    from edgekit.agent.inference.classifier import open_classifier

    def read() -> None:
        resealed(bundle)
        classifier = open_classifier(bundle)
        run_golden(classifier, read_golden(classifier.bundle))

    fuzz.of_file(bundle / "manifest.json", 100, read)


def test_golden_cases(fuzz, bundle):
    opened = open_bundle(bundle)
    assert isinstance(opened, Bundle)
    path = bundle / "golden.jsonl"
    path.write_text(path.read_text().splitlines()[2] + "\n")
    fuzz.of_file(path, 250, lambda: read_golden(opened))


def test_tokenizers_of_a_bundle(fuzz, bundle):
    path = bundle / "tokenizer.json"

    def read() -> None:
        tokenizer = Tokenizer(path, 16)
        tokenizer.encode("turn on the light")
        tokenizer.encode("turn \0 ☃", "the kitchen fan")

    fuzz.of_file(path, 250, read)


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
def test_tokenizers_of_a_checkpoint(fuzz, checkpoint, name):
    from edgekit.models.checkpoint import load_tokenizer, open_checkpoint

    fuzz.of_file(checkpoint / name, 20, lambda: load_tokenizer(open_checkpoint(checkpoint)))


def test_wordpiece_tokenizers(fuzz, checkpoint):
    """The tokenizer that is used, not a toy: its normalizer, splitter and post-processor."""
    path = checkpoint / "tokenizer.json"
    fuzz.of_file(path, 100, lambda: Tokenizer(path, 16).encode("turn on the kitchen lights", "now"))


def test_extras_of_a_checkpoint(fuzz, checkpoint):
    path = checkpoint / "edgekit.json"
    extras = {
        "format_version": 1,
        "blocks": [{"heads": 4, "ffn": 128}],
        "plan": {
            "scheme": "int8-dynamic",
            "activations": "int8-dynamic",
            "tensors": {"a.weight": {"bits": 8}},
            "calibration": ["a"],
        },
        "lineage": [{"stage": "prune", "options": {"heads": 0.5}, "inputs": {}, "tools": {}}],
    }
    path.write_text(json.dumps(CheckpointExtras.parse(extras, "extras").model_dump(mode="json")))
    fuzz.of_file(path, 150, lambda: CheckpointExtras.read(path))


def test_configurations_of_a_checkpoint(fuzz, checkpoint):
    from edgekit.models.checkpoint import load_classifier, open_checkpoint
    from edgekit.models.model_task import resolve_task

    def read() -> None:
        opened = open_checkpoint(checkpoint)
        resolve_task(opened)
        load_classifier(opened)

    fuzz.of_file(checkpoint / "config.json", 50, read)


def test_headers_of_weights(fuzz, checkpoint):
    from edgekit.models.checkpoint import load_classifier, open_checkpoint
    from edgekit.models.sizes import tensor_parts

    path = checkpoint / "model.safetensors"
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    opened = open_checkpoint(checkpoint)

    def read(header: bytes) -> None:
        path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + size :])
        tensor_parts(opened)
        load_classifier(opened)

    fuzz.holds(content[8 : 8 + size], 80, read)


def sealed(record):
    """A record with the hash that its file has."""
    value = {key: part for key, part in record.items() if key != "sha256"}
    return value | {"sha256": value_sha256(value)}


def test_measurements(fuzz, bundle):
    from edgekit.measure.performance.latency_summary import summarise

    folder = bundle / "measurements"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(sealed(MEASUREMENT)))
    assert len(BundleFolder(bundle).records.latency) == 1

    def read() -> None:
        with suppress(*REFUSED):
            _ = BundleFolder(bundle).records
        # one whose seal is in order again, so that the reader looks further than that
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            value = json.loads((folder / "a.json").read_text())
            (folder / "a.json").write_text(json.dumps(sealed(value)))
        for taken in BundleFolder(bundle).records.latency:
            summarise(taken)

    fuzz.of_file(folder / "a.json", 250, read)


@pytest.mark.parametrize("reply", range(len(REPLIES)))
def test_replies_of_a_device(fuzz, reply):
    path = fuzz.folder / "replies"

    def read(damaged: bytes) -> None:
        path.write_bytes(damaged + b"\n")
        with AgentClient(LocalTransport().start(["cat", str(path)], {}), "a device") as channel:
            channel.request("hello", Hello if reply == 1 else Facts, timeout=20)

    fuzz.holds(json.dumps(REPLIES[reply]).encode(), 25, read)


def test_requests_to_an_agent(fuzz, bundle):
    said = []
    service = Service(said.append)
    service.answer(b'{"id": 1, "do": "hello", "protocol": 1}')
    order = {"id": 2, "do": "profile", "path": str(bundle), "threads": 1, "max_runs": 1, "min_runs": 1, "warmup": 0}
    order |= {"min_seconds": 0.0, "texts": [["open", None]], "length": 8}

    def read(damaged: bytes) -> None:
        if b'"profile"' in damaged and _long(damaged):
            return
        service.answer(damaged)
        json.dumps(said[-1], allow_nan=False)

    fuzz.holds(json.dumps(order).encode(), 80, read)


def _long(damaged: bytes) -> bool:
    """Whether a request asks for more work than a test has time for, as it may."""
    try:
        order = json.loads(damaged)
    except (ValueError, RecursionError):
        return False
    names = ("max_runs", "min_runs", "warmup", "min_seconds", "threads", "length")
    asked = [order.get(name, 1000) for name in names] if isinstance(order, dict) else []
    return any((isinstance(value, (int, float)) and not 0 <= value < 100) or value is None for value in asked)
