"""Profiling bundles and bare files on this machine."""

import json

import pytest
from click.testing import CliRunner
from record_makers import around, latency
from tiny_bundle import golden_rows, rewrite, seal, tiny_onnx, write_golden

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.cli import cli
from edgekit.devices.lock import Lock
from edgekit.errors import DeviceError, NotFoundError, ParityError, UsageError
from edgekit.flows.profile.compare_bundles import compare_bundles
from edgekit.flows.profile.compare_runtimes import compare_runtimes
from edgekit.flows.profile.instructions import count_instructions
from edgekit.flows.profile.profile import profile, tells_too_little
from edgekit.io.hashing import value_sha256
from edgekit.measure.performance.latency_summary import summarise
from edgekit.measure.performance.measurement_summary import recommend_threads
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.stage_options import EvaluateOptions
from edgekit.schema.measurement import Measurement
from edgekit.schema.runtime_ref import RuntimeRef

pytestmark = pytest.mark.usefixtures("device_home")
# what is no test of several processes makes do with one, as each has to start
QUICK = {"min_seconds": 0, "min_runs": 5, "warmup": 1, "processes": 1}


def test_where_slow_spells_leave_p95_unknown_more_time_is_taken_unless_a_time_was_asked_for(onnx_bundle):
    manifest = BundleFolder(onnx_bundle).manifest
    smooth = latency(manifest, 1.0, processes=1)
    # two spells of 25 in 900 samples: how often they come cannot be known from two
    times = around(1.0, 900)
    for start in (200, 600):
        times[start : start + 25] = [5.0] * 25
    spells = latency(manifest, 1.0, processes=1, samples=times)
    assert not tells_too_little(smooth, ProfileOptions())
    assert tells_too_little(spells, ProfileOptions())
    for asked in ({"min_seconds": 2}, {"sustained": 60}, {"max_runs": 900}):
        assert not tells_too_little(spells, ProfileOptions(**asked))


@pytest.mark.parametrize("bundle", [pytest.param("onnx", marks=pytest.mark.slow), "tflite"], indirect=True)
def test_every_thread_count_at_every_length_is_kept(bundle):
    options = ProfileOptions(threads=(1, 2), length=(5, 12), **QUICK)
    taken = profile(bundle, options)
    padded = (8, 16) if bundle.name.endswith("tflite") else (5, 12)
    assert [(m.length, m.threads) for m in taken] == [(length, n) for length in padded for n in (1, 2)]
    records = BundleFolder(bundle).records
    assert sorted(records.latency, key=lambda m: (m.length, m.threads)) == taken
    (golden,) = records.golden
    assert (golden.content_hash, golden.cases) == (taken[0].content_hash, 4)
    # measured again: replaced, not added, and the bundle is still what its manifest says
    profile(bundle, ProfileOptions(threads=(2,), length=(12,), **QUICK))
    assert len(list((bundle / "measurements").iterdir())) == 4 + 1


@pytest.mark.parametrize("bundle", ["onnx", pytest.param("tflite", marks=pytest.mark.slow)], indirect=True)
def test_several_processes_share_the_runs_of_one_measurement(bundle):
    """As the DESIGN asks: what differs from process to process is seen, and the time is what was asked for."""
    options = ProfileOptions(processes=4, min_seconds=0, min_runs=10, warmup=1, sustained=0.3)
    (taken,) = profile(bundle, options)
    assert taken.counted("infer") == (3, 3, 2, 2)
    assert {len(samples) for samples in taken.samples_ms.values()} == {10}
    assert {moment.process for moment in taken.during} == {0, 1, 2, 3}
    # runs and seconds are counted within each process, and sustained runs are of the last
    for place, counted in enumerate(taken.counted("infer")):
        own = [moment for moment in taken.during if moment.process == place]
        assert (own[0].runs, own[0].seconds) == (0, pytest.approx(0, abs=0.1))
        assert own[-1].runs == counted + (len(taken.sustained_ms) if place == 3 else 0)
    assert taken.sustained_ms
    assert taken.cold_load_ms == taken.processes[0].cold_load_ms
    assert taken.first_inference_ms == taken.processes[0].first_inference_ms
    assert taken.peak_rss_mb == max(process.peak_rss_mb for process in taken.processes)
    assert taken.ran.operators


@pytest.mark.parametrize(("asked", "processes"), [((), 3), (("--processes", "2"), 2)])
def test_the_command_takes_processes(onnx_bundle, asked, processes):
    found = json.loads(profile_command(onnx_bundle, *asked, "--json").stdout)
    assert len(found["measurements"][0]["processes"]) == processes


def test_no_more_processes_than_runs(onnx_bundle):
    (taken,) = profile(onnx_bundle, ProfileOptions(min_seconds=0, min_runs=2, max_runs=2, warmup=0))
    assert taken.counted("infer") == (1, 1)
    with pytest.raises(UsageError, match="processes"):
        ProfileOptions.parse({"processes": 0}, "options")
    with pytest.raises(UsageError, match="processes"):
        ProfileOptions.parse({"processes": 11}, "options")


def test_a_runtime_that_ran_otherwise_than_asked_is_noted(tflite_bundle):
    """XNNPACK takes 3 of the tiny file's 6 nodes, each too small to be shared among threads."""
    (taken,) = profile(tflite_bundle, ProfileOptions(threads=(2,), **QUICK))
    assert taken.ran.threads in (1, None)
    assert (taken.ran.delegate, taken.ran.delegated) == ("XNNPACK", 3)
    if taken.ran.threads == 1:
        assert "1 of 2 threads worked for the model" in taken.notes
    (kept,) = BundleFolder(tflite_bundle).records.latency
    assert kept == taken


def test_own_texts(onnx_bundle, tmp_path):
    data = tmp_path / "texts.txt"
    data.write_text("turn on the light\n\nfan\n")
    (taken,) = profile(onnx_bundle, ProfileOptions(data=data, **QUICK))
    assert taken.length == "data"
    assert taken.texts_sha256 == value_sha256([["turn on the light", None], ["fan", None]])
    (golden,) = profile(onnx_bundle, ProfileOptions(**QUICK))
    assert golden.texts_sha256 is None
    assert len(BundleFolder(onnx_bundle).records.latency) == 2
    with pytest.raises(UsageError, match="a data file as well"):
        profile(onnx_bundle, ProfileOptions(data=data), texts=[("a", None)])


@pytest.mark.parametrize("measured", ["compare_bundles", "compare_runtimes", "count_instructions"])
def test_texts_or_a_file_of_them_whatever_is_measured(onnx_bundle, tmp_path, measured):
    data = tmp_path / "texts.txt"
    data.write_text("turn on the lights\n")
    calls = {
        "compare_bundles": lambda *asked, **texts: compare_bundles(onnx_bundle, *asked, **texts),
        "compare_runtimes": lambda bundle, *asked, **texts: compare_runtimes(
            bundle, [RuntimeRef(name="onnxruntime")], *asked, **texts
        ),
        "count_instructions": count_instructions,
    }
    with pytest.raises(UsageError, match="a data file as well"):
        calls[measured](onnx_bundle, ProfileOptions(data=data), texts=[("a", None)])


def test_bare_file_leaves_nothing_behind(tmp_path):
    path = tiny_onnx(tmp_path / "any.onnx")
    (taken,) = profile(path, ProfileOptions(length=(24,), **QUICK))
    assert (taken.length, taken.content_hash) == (24, None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["any.onnx", "device-home"]
    summary = summarise(taken)
    assert summary.latency == summary.infer
    assert summary.tokenize_p50_ms is None


def test_wrong_answers_are_not_measured(onnx_bundle):
    rows = list(golden_rows())
    rows[0]["logits"][0] += 1
    write_golden(onnx_bundle, rows)
    seal(onnx_bundle)
    with pytest.raises(ParityError, match=r"golden case 1 .*logit 0"):
        profile(onnx_bundle, ProfileOptions(**QUICK))
    assert not (onnx_bundle / "measurements").exists()


def test_what_cannot_be_profiled(tmp_path, onnx_bundle):
    with pytest.raises(NotFoundError, match="does not exist"):
        profile(tmp_path / "nothing")
    with pytest.raises(UsageError, match="is no bundle"):
        profile(tmp_path)
    with pytest.raises(UsageError, match="neither a bundle nor"):
        profile(onnx_bundle / "config.json")
    with pytest.raises(UsageError, match="is not a device's URL"):
        profile(onnx_bundle, ProfileOptions(device="toaster://kitchen"))
    with pytest.raises(UsageError, match="leads out of the bundle"):
        files = json.loads((onnx_bundle / "manifest.json").read_text())["files"]
        rewrite(onnx_bundle, files=files | {"../x": files["config.json"]})
        profile(onnx_bundle)


def test_a_busy_device(onnx_bundle, device_home):
    device_home.mkdir()
    lock = Lock(device_home / "lock", "local").acquire()
    with pytest.raises(DeviceError, match="in use by process"):
        profile(onnx_bundle, ProfileOptions(**QUICK))
    lock.release()


def test_options_that_make_no_sense():
    with pytest.raises(UsageError, match=r"max_runs .* is below min_runs"):
        ProfileOptions.parse({"min_runs": 9, "max_runs": 3}, "options")
    with pytest.raises(UsageError, match="threads"):
        ProfileOptions.parse({"threads": []}, "options")


def taken_with(threads, milliseconds):
    base = {
        "model_sha256": "0",
        "runtime": "onnxruntime",
        "runtime_version": "1",
        "length": 8,
        "cold_load_ms": 1,
        "first_inference_ms": 1,
        "warmup_runs": 0,
        "peak_rss_mb": 1,
        "processes": [
            {
                "samples": {"infer": 200},
                "seconds": 1,
                "cold_load_ms": 1,
                "first_inference_ms": 1,
                "peak_rss_mb": 1,
            }
        ],
        "fingerprint": {
            **dict.fromkeys(("device", "arch", "cpu_model", "os", "libc", "python"), "x"),
            "cores": 4,
        },
        "before": {},
        "after": {},
        "taken_at": "2026-01-01T00:00:00+00:00",
        "agent_version": "1",
    }
    samples = {"infer": around(milliseconds, 200)}
    return Measurement.model_validate(base | {"threads": threads, "samples_ms": samples})


@pytest.mark.parametrize(
    ("times", "threads"),
    [
        ({1: 10, 2: 6, 4: 3.5}, 4),
        ({1: 10, 2: 6, 4: 5.9}, 2),
        ({1: 10, 2: 9.9, 4: 12}, 1),
        ({4: 10, 2: 6, 1: 9}, 2),
    ],
)
def test_recommended_threads(times, threads):
    assert recommend_threads([taken_with(n, ms) for n, ms in times.items()]) == threads


def test_nothing_to_recommend_from():
    with pytest.raises(UsageError, match="no measurement"):
        recommend_threads([])


def test_a_moment_without_an_offset_cannot_be_compared():
    taken = taken_with(1, 10).dump()
    for moment in ("2026-01-01T00:00:00", "yesterday", ""):
        with pytest.raises(UsageError, match="taken_at"):
            Measurement.parse(taken | {"taken_at": moment}, "a measurement")


def test_threads_have_a_bound():
    for options, threads in ((ProfileOptions, (1025,)), (EvaluateOptions, 1025)):
        with pytest.raises(UsageError, match="at most 1024"):
            options.parse({"threads": threads}, "options")


def profile_command(bundle, *options):
    quick = ["--min-seconds", "0", "--min-runs", "5", "--warmup", "1"]
    return CliRunner().invoke(cli, ["profile", str(bundle), *quick, *options], standalone_mode=False)


def test_the_command_recommends_threads_for_each_length(onnx_bundle):
    several = ["--threads", "1,2", "--length", "5,12", "--processes", "1"]
    found = json.loads(profile_command(onnx_bundle, *several, "--json").stdout)
    assert [taken["length"] for taken in found["measurements"]] == [5, 5, 12, 12]
    assert set(found["recommended_threads"]) == {"5", "12"}
    assert set(found["recommended_threads"].values()) <= {1, 2}
    several[3] = "5"
    *_, before, last = profile_command(onnx_bundle, *several).stdout.splitlines()
    assert last.startswith("recommended at length 5: ")
    assert "recommended" not in before


def test_one_thread_count_recommends_nothing(onnx_bundle):
    assert json.loads(profile_command(onnx_bundle, "--processes", "1", "--json").stdout)["recommended_threads"] == {}
