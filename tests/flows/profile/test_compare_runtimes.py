"""Versions of a runtime side by side, interleaved on one device."""

import importlib.util
import json
import re
import shutil
from pathlib import Path

import onnxruntime
import pytest
from click.testing import CliRunner
from tiny_bundle import golden_rows, seal, tiny_onnx, write_golden

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.cli import cli
from edgekit.errors import DeviceError, ParityError, UsageError
from edgekit.flows.profile.compare_runtimes import ROUNDS, compare_runtimes
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.runtime_ref import RuntimeRef

# three processes: of fewer no interval is as narrow as a verdict needs on a busy machine
QUICK = {"min_seconds": 0, "min_runs": 20, "warmup": 2}
QUICK_WORDS = ("--min-seconds", "0", "--min-runs", "20", "--warmup", "2")
OPTIONS = ProfileOptions(**QUICK)
NEW, OLD = f"onnxruntime=={onnxruntime.__version__}", "onnxruntime==1.0.1"
SITE = str(Path(importlib.util.find_spec("onnxruntime").submodule_search_locations[0]).parent)
# this machine's own onnxruntime; what comes behind makes another version of it
REAL = f"""
import sys
sys.path.insert(0, {SITE!r})
del sys.modules["onnxruntime"]
import onnxruntime
sys.path.pop(0)
"""
SLOW = """
import time
onnxruntime.__version__ = "1.0.1"
class Slow(onnxruntime.InferenceSession):
    def run(self, *given):
        time.sleep(0.002)
        return super().run(*given)
    def run_with_iobinding(self, *given):
        time.sleep(0.002)
        return super().run_with_iobinding(*given)
onnxruntime.InferenceSession = Slow
"""


def put_runtime(home, name, text):
    folder = home / "runtimes" / name / "onnxruntime"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text)


@pytest.fixture
def runtimes(device_home):
    put_runtime(device_home, f"onnxruntime-{onnxruntime.__version__}", REAL)
    put_runtime(device_home, "onnxruntime-1.0.1", REAL + SLOW)
    return [RuntimeRef.from_text(OLD), RuntimeRef.from_text(NEW)]


def test_the_faster_version_is_found(onnx_bundle, runtimes):
    found = compare_runtimes(onnx_bundle, runtimes, OPTIONS)["local"]
    assert [taken.runtime_version for taken in found.measurements] == ["1.0.1", onnxruntime.__version__]
    (compared,) = found.comparisons
    assert (compared.ours, compared.theirs) == (f"onnxruntime {onnxruntime.__version__}", "onnxruntime 1.0.1")
    assert compared.speed.verdict == "better"
    assert compared.speed.theirs_p50_ms > 2
    assert compared.speed.ratio.high < 0.5
    assert (compared.length, compared.threads, compared.speed.blocks) == ("data", 1, ROUNDS)
    # each version's own measurement is kept beside the other's
    kept = BundleFolder(onnx_bundle).records.latency
    assert {taken.runtime_version for taken in kept} == {"1.0.1", onnxruntime.__version__}


def command(*words):
    found = CliRunner().invoke(cli, ["profile", *map(str, words), *QUICK_WORDS], standalone_mode=False)
    assert found.exception is None, found.exception
    return found.stdout


@pytest.mark.slow
def test_the_order_says_which_is_ours(onnx_bundle, runtimes):
    # of one process an interval may be too wide for a verdict
    asked = ("--threads", "1,2", "--length", "8", "--processes", "1", "--runtime", NEW, "--runtime", OLD)
    found = json.loads(command(onnx_bundle, *asked, "--json"))
    assert [(each["length"], each["threads"]) for each in found["comparisons"]] == [(8, 1), (8, 2)]
    for each in found["comparisons"]:
        assert (each["ours"], each["theirs"]) == ("onnxruntime 1.0.1", f"onnxruntime {onnxruntime.__version__}")
        assert each["speed"]["ratio"]["value"] > 2
        assert each["speed"]["verdict"] in ("worse", "no difference")
    assert len(found["measurements"]) == 4


@pytest.mark.slow
def test_a_bare_file(tmp_path, runtimes):
    path = tiny_onnx(tmp_path / "any.onnx")
    options = ProfileOptions(length=(8,), processes=1, **QUICK)
    (compared,) = compare_runtimes(path, runtimes, options)["local"].comparisons
    assert (compared.length, compared.speed.blocks) == (8, ROUNDS)
    assert compared.speed.ratio.value < 0.5
    assert compared.speed.verdict in ("better", "no difference")


def test_a_decoder(decoder_bundles, tmp_path, runtimes):
    bundle = Path(shutil.copytree(decoder_bundles["gpt2"], tmp_path / "decoder"))
    options = ProfileOptions(length=(8,), min_seconds=0, min_runs=10, warmup=1, processes=1)
    (compared,) = compare_runtimes(bundle, runtimes, options)["local"].comparisons
    assert (compared.length, compared.speed.blocks) == (8, ROUNDS)
    assert compared.speed.ratio.value < 0.9
    assert compared.speed.theirs_p50_ms > 2
    assert compared.speed.verdict in ("better", "no difference")


def test_one_version_alone_is_measured(onnx_bundle, runtimes):
    found = compare_runtimes(onnx_bundle, runtimes[:1], OPTIONS.model_copy(update={"processes": 1}))["local"]
    assert [taken.runtime_version for taken in found.measurements] == ["1.0.1"]
    assert found.comparisons == []


def test_the_command(onnx_bundle, runtimes):
    told = command(onnx_bundle, "--runtime", OLD, "--runtime", NEW, "--processes", "1")
    assert re.search(rf"(better|no difference): onnxruntime {onnxruntime.__version__} takes 0\.", told)
    # one without a version is no comparison
    plain = command(onnx_bundle, "--runtime", "onnxruntime", "--processes", "1", "--json")
    assert "recommended_threads" in json.loads(plain)


def test_what_cannot_be_compared(onnx_bundle, runtimes, device_home):
    with pytest.raises(DeviceError, match=r"there is no .*onnxruntime-1\.2\.3"):
        compare_runtimes(onnx_bundle, [RuntimeRef.from_text("onnxruntime==1.2.3")], OPTIONS)
    with pytest.raises(UsageError, match="named twice"):
        compare_runtimes(onnx_bundle, [runtimes[0], runtimes[0]], OPTIONS)
    with pytest.raises(UsageError, match=r"does not read \.onnx"):
        compare_runtimes(onnx_bundle, [RuntimeRef.from_text("ai-edge-litert"), runtimes[0]], OPTIONS)
    put_runtime(device_home, "onnxruntime-1.9.9", REAL)
    with pytest.raises(DeviceError, match=rf"onnxruntime==1\.9\.9 answers as {onnxruntime.__version__}"):
        alone = OPTIONS.model_copy(update={"processes": 1})
        compare_runtimes(onnx_bundle, [RuntimeRef.from_text("onnxruntime==1.9.9")], alone)


@pytest.mark.parametrize("option", [["--compare", "other.onnx"], ["--instructions"], ["--tool", "benchmark_model=x"]])
def test_what_goes_with_no_version(onnx_bundle, option):
    command = ["profile", str(onnx_bundle), "--runtime", NEW, *option]
    with pytest.raises(UsageError, match="versions of a runtime are measured one by one"):
        cli.main(command, standalone_mode=False)


def test_a_version_that_gives_wrong_answers(onnx_bundle, runtimes):
    rows = list(golden_rows())
    rows[0]["logits"][0] += 1
    write_golden(onnx_bundle, rows)
    seal(onnx_bundle)
    with pytest.raises(ParityError, match="golden case 1"):
        compare_runtimes(onnx_bundle, runtimes, OPTIONS)
