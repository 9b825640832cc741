"""The benchmark programs' output and Android's own state, on output that was recorded on real devices."""

import pytest

from edgekit.devices.adb.android_state import read_battery, read_thermal
from edgekit.devices.adb.android_tools import ToolCall, read_output
from edgekit.errors import ToolError
from edgekit.schema.tool_measurement import Invocation, mask

# on an Android phone: https://github.com/tensorflow/tensorflow/issues/42507
BENCHMARK_MODEL = """\
STARTING!
Duplicate flags: num_threads
Log parameter values verbosely: [0]
Num threads: [4]
Graph: [/data/local/tmp/espcn_harmonic_2x_slim_w_cl.tflite]
Enable op profiling: [1]
#threads used for CPU inference: [4]
Loaded model /data/local/tmp/espcn_harmonic_2x_slim_w_cl.tflite
The input model file size (MB): 0.004448
Initialized session in 0.855ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
count=15 first=49060 curr=33682 min=32825 max=49060 avg=34825.1 std=3930

Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450

Inference timings in us: Init: 855, First inference: 49060, Warmup (avg): 34825.1, Inference (avg): 33209.4
Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE to the actual memory \
footprint of the model at runtime. Take the information at your discretion.
Peak memory footprint (MB): init=0 overall=12.8672
"""
# on a Synaptics Astra board, one run of warm-up: https://synaptics-astra.github.io (its NNAPI delegate)
BENCHMARK_MODEL_BOARD = """\
INFO: Initialized session in 66.002ms.
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
INFO: count=1 curr=637079

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
INFO: count=520 first=2531 curr=2793 min=1171 max=9925 avg=1885.74 std=870

INFO: Inference timings in us: Init: 66002, First inference: 637079, Warmup (avg): 637079, Inference (avg): 1885.74
INFO: Memory footprint delta from the start of the tool (MB): init=7.40234 overall=7.83203
"""
# of LiteRT's newer program, on a phone: https://github.com/mlcommons/mobile_app_open/issues/1134
BENCHMARK_LITERT = """\
========== BENCHMARK RESULTS ==========
INFO: [benchmark_litert_model.h:92] Signature name:       prefill_1024
INFO: [benchmark_litert_model.h:94] Model initialization: 23744.73 ms
INFO: [benchmark_litert_model.h:96] Warmup (first):       7441.04 ms
INFO: [benchmark_litert_model.h:98] Warmup (avg):         7441.04 ms (1 runs)
INFO: [benchmark_litert_model.h:100] Inference (avg):      7430.20 ms (10 runs)
INFO: [benchmark_litert_model.h:104] Inference (min):      7416.40 ms
INFO: [benchmark_litert_model.h:106] Inference (max):      7448.86 ms
INFO: [benchmark_litert_model.h:108] Inference (std):      9.92
INFO: [benchmark_litert_model.h:115] Throughput:           27.46 MB/s
"""
# on a Vivo X300, one core: learn.arm.com, learning path "performance_onnxruntime_kleidiai_sme2"
PERF_TEST = """\
Setting intra_op_num_threads to 1
Disabling intra-op thread spinning between runs
Session creation time cost: 0.217932 s
First inference time cost: 196 ms
Total inference time cost: 0.49481 s
Total inference requests: 5
Average inference time cost total: 98.961997 ms
Total inference run time: 0.494854 s
Number of inferences per second: 10.104
Avg CPU usage: 11 %
Peak working set size: 271122432 bytes
Avg CPU usage:11
Peak working set size:271122432
Runs:5
Min Latency: 0.0958204 s
Max Latency: 0.101519 s
P50 Latency: 0.0995086 s
P90 Latency: 0.101519 s
P95 Latency: 0.101519 s
P99 Latency: 0.101519 s
P999 Latency: 0.101519 s
"""
# on an ARM board with onnxruntime 1.3.1: https://github.com/microsoft/onnxruntime/issues/4647
PERF_TEST_OLD = """\
Session creation time cost: 0.127918 s
Total inference time cost: 1.44871 s
Total inference requests: 10
Average inference time cost: 144.871 ms
Total inference run time: 1.44916 s
Avg CPU usage: 68 %
Peak working set size: 158171136 bytes
"""
# https://github.com/microsoft/onnxruntime/issues/17313
PERF_TEST_OLDEST = """\
Total time cost: 58.8053
Total iterations: 1000
Average time cost: 58.8053 ms
Total run time: 58.8102 s
Min Latency is 0.0559777 sec
Max Latency is 0.0623472 sec
P50 Latency is 0.0587108 sec
P90 Latency is 0.0599845 sec
P95 Latency is 0.0605676 sec
"""
# on an Nvidia Shield TV Pro 2019 under load: https://github.com/bryanroscoe/shield_optimizer/issues/6
THERMAL_SHIELD = """\
IsStatusOverride: false
ThermalEventListeners:
\tcallbacks: 1
\tkilled: false
\tbroadcasts count: -1
Thermal Status: 0
Cached temperatures:
\tTemperature{mValue=36.0, mType=1, mName=GPU, mStatus=0}
\tTemperature{mValue=37.0, mType=0, mName=CPU0, mStatus=0}
HAL Ready: true
HAL connection:
\tThermalHAL 2.0 connected: yes
Current temperatures from HAL:
\tTemperature{mValue=64.5, mType=1, mName=GPU, mStatus=0}
\tTemperature{mValue=66.5, mType=0, mName=CPU0, mStatus=0}
\tTemperature{mValue=66.0, mType=0, mName=CPU1, mStatus=0}
Current cooling devices from HAL:
\tCoolingDevice{mValue=0, mType=0, mName=Fan}
"""
# on a Xiaomi 13T Pro with Android 16, as kept in the tests of a published program (class ThermalReadingTests)
THERMAL_XIAOMI = """\
IsStatusOverride: false
Thermal Status: 3
Cached temperatures:
\tTemperature{mValue=84.208, mType=0, mName=CPU, mStatus=0}
\tTemperature{mValue=48.517, mType=3, mName=SKIN, mStatus=0}
HAL Ready: true
Current temperatures from HAL:
\tTemperature{mValue=57.9, mType=0, mName=CPU, mStatus=0}
\tTemperature{mValue=34.351, mType=3, mName=SKIN, mStatus=0}
Temperature static thresholds from HAL:
\tTemperatureThreshold{mType=3, mName=SKIN, mHotThrottlingThresholds=[NaN, NaN, NaN, 50.0, 70.0, 80.0, 90.0]}
"""
# on a Samsung phone: https://gh0st.tistory.com/6
BATTERY = """\
Current Battery Service state:
  mBootCompleted: true
  AC powered: false
  USB powered: true
  Wireless powered: false
  Max charging current: 0
  Max charging voltage: 0
  Charge counter: 0
  status: 2
  health: 2
  present: true
  level: 84
  scale: 100
  voltage: 4063
  temperature: 326
  technology: Li-ion
  batterySWSelfDischarging: false
  current now: 321
  mSavedBatteryMaxTemp: 490
"""


def test_benchmark_model_tells_microseconds():
    found = read_output("benchmark_model", BENCHMARK_MODEL)
    assert (found.runs, found.mean_ms, found.min_ms, found.max_ms) == (50, 33.2094, 32.641, 34.005)
    assert (found.load_ms, found.first_ms) == (0.855, 49.060)
    assert found.peak_mb == pytest.approx(12.8672 * 1.048576)
    assert (found.p50_ms, found.p95_ms) == (None, None)


def test_a_warm_up_of_one_run_is_no_result():
    found = read_output("benchmark_model", BENCHMARK_MODEL_BOARD)
    assert (found.runs, found.mean_ms, found.first_ms) == (520, 1.88574, 637.079)
    only_warm = BENCHMARK_MODEL_BOARD.partition("INFO: count=520")[0]
    with pytest.raises(ToolError, match=r"printed no result; its last words: .*at least 50 iterations"):
        read_output("benchmark_model", only_warm)


def test_benchmark_model_with_percentiles():
    """Later versions add them to the same line (`StatWithPercentiles` in tsl/util/stats_calculator.h)."""
    later = BENCHMARK_MODEL.replace("avg=33209.4 std=450", "avg=33209.4 std=450 p5=32700 median=33190 p95=33950")
    found = read_output("benchmark_model", later)
    assert (found.p50_ms, found.p95_ms, found.mean_ms) == (33.19, 33.95, 33.2094)


def test_runs_that_all_took_the_same_time():
    same = BENCHMARK_MODEL_BOARD.replace(
        "count=520 first=2531 curr=2793 min=1171 max=9925", "count=520 curr=2000(all same)"
    )
    found = read_output("benchmark_model", same.replace(" avg=1885.74 std=870", " p5=2000 median=2000 p95=2000"))
    assert (found.runs, found.mean_ms, found.min_ms, found.max_ms, found.p50_ms) == (520, 2, 2, 2, 2)


def test_the_newer_program_of_litert_tells_milliseconds():
    found = read_output("benchmark_model", BENCHMARK_LITERT)
    assert found == Invocation(
        runs=10, mean_ms=7430.2, min_ms=7416.4, max_ms=7448.86, load_ms=23744.73, first_ms=7441.04
    )


def test_onnxruntime_perf_test_tells_seconds_and_milliseconds():
    found = read_output("onnxruntime_perf_test", PERF_TEST)
    assert (found.runs, found.mean_ms, found.first_ms) == (5, 98.961997, 196)
    assert (found.p50_ms, found.p95_ms) == pytest.approx((99.5086, 101.519))
    assert (found.min_ms, found.max_ms, found.load_ms) == pytest.approx((95.8204, 101.519, 217.932))
    assert found.peak_mb == 271.122432


def test_older_versions_of_onnxruntime_perf_test():
    found = read_output("onnxruntime_perf_test", PERF_TEST_OLD)
    assert (found.runs, found.mean_ms, found.p50_ms) == (10, 144.871, None)
    oldest = read_output("onnxruntime_perf_test", PERF_TEST_OLDEST)
    assert (oldest.runs, oldest.mean_ms) == (1000, 58.8053)
    assert (oldest.p50_ms, oldest.p95_ms) == pytest.approx((58.7108, 60.5676))


@pytest.mark.parametrize("tool", ["benchmark_model", "onnxruntime_perf_test"])
@pytest.mark.parametrize(
    "output",
    [
        "",
        "Segmentation fault",
        'CANNOT LINK EXECUTABLE: library "libonnxruntime.so" not found',
        "count=nan first=1",
        "Total inference requests: 0\nAverage inference time cost: 3 ms",
        "Inference (avg): 3 ms (0 runs)",
        "count=1 curr=5\ncount=0 curr=7",
        "count=1 curr=5\n" + "count=" + "9" * 400,
    ],
)
def test_what_is_no_result_is_an_error_with_its_words(tool, output):
    with pytest.raises(ToolError, match="printed no result"):
        read_output(tool, output)


def test_temperatures_are_those_of_now():
    found = read_thermal(THERMAL_SHIELD)
    assert (found.status, found.cpu_c, found.skin_c) == (0, 66.5, None)
    hot = read_thermal(THERMAL_XIAOMI)
    assert (hot.status, hot.cpu_c, hot.skin_c) == (3, 57.9, 34.351)


@pytest.mark.parametrize(
    "answer", ["", "Can't find service: thermalservice", "Thermal Status: \x1b[31m", "Thermal Status: -1"]
)
def test_a_thermal_service_that_tells_nothing(answer):
    found = read_thermal(answer)
    assert (found.status, found.cpu_c, found.skin_c) == (None, None, None)


def test_the_battery():
    found = read_battery(BATTERY)
    assert (found.level_pct, found.temperature_c, found.charging) == (84, 32.6, True)
    assert read_battery(BATTERY.replace("USB powered: true", "USB powered: false")).charging is False
    assert read_battery("Can't find service: battery").charging is None
    assert read_battery(BATTERY.replace("level: 84", "level: 840")).level_pct is None


def test_how_the_programs_are_called():
    call = ToolCall("benchmark_model", "/data/local/tmp/bench mark", "/d/m.tflite", 4, 50, 1.5, 3, "f0", "serve; rm")
    assert call.command() == [
        *("env", "LD_LIBRARY_PATH=/data/local/tmp", "taskset", "f0", "/data/local/tmp/bench mark"),
        *("--graph=/d/m.tflite", "--num_threads=4", "--num_runs=50", "--min_secs=1.5", "--warmup_runs=3"),
        "--signature_to_run_for=serve; rm",
    ]
    other = ToolCall("onnxruntime_perf_test", "perf", "/d/model.onnx", 2, 40, 1.0)
    assert other.command()[2:] == ["./perf", "-e", "cpu", "-s", "-x", "2", "-m", "times", "-r", "40", "/d/model.onnx"]


@pytest.mark.parametrize(("given", "expected"), [("f0", "f0"), ("0xF0", "f0"), ("1", "1")])
def test_masks_of_cores(given, expected):
    assert mask(given) == expected


@pytest.mark.parametrize("given", ["", "0", "0x0", "g", "-f", "f0; reboot", "0-3", "f" * 17])
def test_what_is_no_mask(given):
    with pytest.raises(ValueError, match="no mask of cores"):
        mask(given)
