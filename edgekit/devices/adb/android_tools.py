"""The runtimes' own benchmark programs: how they are called, and what they print."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.errors import ToolError
from edgekit.schema.tool_measurement import Invocation, ToolName

TOOL_BY_SUFFIX: dict[str, ToolName] = {".tflite": "benchmark_model", ".onnx": "onnxruntime_perf_test"}
WARMUP_RUNS = 5
_NUMBER = r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"


@dataclass(frozen=True)
class ToolCall:
    """How a program is to be run.

    model:     the path of the model there; for onnxruntime_perf_test beside `test_data_set_0` with its inputs
    signature: of a TFLite file, the one to run
    warmup:    runs before the first that counts; onnxruntime_perf_test always takes one
    """

    tool: ToolName
    program: str
    model: str
    threads: int
    runs: int
    seconds: float
    warmup: int = WARMUP_RUNS
    affinity: str | None = None
    signature: str | None = None

    def command(self) -> list[str]:
        """What is run on the device; libraries are looked for beside the program as well."""
        bound = ["taskset", self.affinity] if self.affinity else []
        # a relative path may look like an option
        program = self.program if "/" in self.program else f"./{self.program}"
        libraries = f"LD_LIBRARY_PATH={posixpath.dirname(program)}"
        return ["env", libraries, *bound, program, *self._options()]

    def _options(self) -> Sequence[str]:
        if self.tool == "onnxruntime_perf_test":
            # -s: with percentiles
            return ["-e", "cpu", "-s", "-x", str(self.threads), "-m", "times", "-r", str(self.runs), self.model]
        options = [f"--graph={self.model}", f"--num_threads={self.threads}", f"--num_runs={self.runs}"]
        options += [f"--min_secs={self.seconds:g}", f"--warmup_runs={self.warmup}"]
        return [*options, f"--signature_to_run_for={self.signature}"] if self.signature else options


def read_output(tool: ToolName, output: str) -> Invocation:
    """What a program printed, both streams together; `ToolError` where it holds no result."""
    found = (_perf_test if tool == "onnxruntime_perf_test" else _benchmark_model)(output)
    if found is None:
        figures = " / ".join(line.strip() for line in output.splitlines()[-4:])[-300:]
        raise ToolError(
            f"{tool} printed no result" + (f"; its last words: {figures}" if figures else ""),
            advice="run it by hand on the device, with the model that edgekit names",
        )
    return found


def _benchmark_model(output: str) -> Invocation | None:
    """TensorFlow Lite's `benchmark_model`, in us; and that of LiteRT's newer one, in ms.

    The line of the runs follows that of the warm-up, and is the last one that begins with `count`.
    """
    lines = re.findall(rf"\bcount=(\d+)((?: \w+={_NUMBER}(?:\(all same\))?)+)", output)
    if len(lines) < 2:
        return _litert(output)
    figures = {key: float(value) / 1e3 for key, value in re.findall(rf"(\w+)={_NUMBER}", lines[-1][1])}
    # of runs that all took the same time it tells the newest alone
    mean = figures.get("avg", figures.get("curr"))
    if mean is None or int(lines[-1][0]) < 1:
        return None
    load, first = (_after(output, label) for label in ("Init", "First inference"))
    peak = _after(output, "overall=", "") or _after(output, "periodic monitoring")
    return Invocation(
        runs=int(lines[-1][0]),
        mean_ms=mean,
        min_ms=figures.get("min", mean),
        max_ms=figures.get("max", mean),
        p50_ms=figures.get("median"),
        p95_ms=figures.get("p95"),
        load_ms=None if load is None else load / 1e3,
        first_ms=None if first is None else first / 1e3,
        # it tells MiB
        peak_mb=None if peak is None else peak * 2**20 / 1e6,
    )


def _litert(output: str) -> Invocation | None:
    runs = re.search(rf"Inference \(avg\): +{_NUMBER} ms \((\d+) runs\)", output)
    if runs is None or int(runs[2]) < 1:
        return None
    return Invocation(
        runs=int(runs[2]),
        mean_ms=float(runs[1]),
        min_ms=_after(output, r"Inference \(min\)"),
        max_ms=_after(output, r"Inference \(max\)"),
        load_ms=_after(output, "Model initialization"),
        first_ms=_after(output, r"Warmup \(first\)"),
    )


def _perf_test(output: str) -> Invocation | None:
    """onnxruntime's `onnxruntime_perf_test`: some figures in s, some in ms, memory in bytes."""
    runs = _after(output, "Total inference requests") or _after(output, "Total iterations")
    mean = _after(output, r"Average (?:inference )?time cost(?: total)?")
    if not runs or mean is None:
        return None
    low, high, p50, p95 = (_after(output, f"{name} Latency", "(?::| is)") for name in ("Min", "Max", "P50", "P95"))
    load, peak = _after(output, "Session creation time cost"), _after(output, "Peak working set size")
    return Invocation(
        runs=int(runs),
        mean_ms=mean,
        min_ms=_thousandfold(low),
        max_ms=_thousandfold(high),
        p50_ms=_thousandfold(p50),
        p95_ms=_thousandfold(p95),
        load_ms=_thousandfold(load),
        first_ms=_after(output, "First inference time cost"),
        peak_mb=None if peak is None else peak / 1e6,
    )


def _after(output: str, label: str, mark: str = ":") -> float | None:
    """The number behind the last `label`."""
    found = re.findall(rf"{label}{mark} *{_NUMBER}", output)
    return float(found[-1]) if found else None


def _thousandfold(value: float | None) -> float | None:
    return None if value is None else value * 1e3
