"""What really ran: kernels, delegate, threads, options, caches; as the runtime and the system tell it afterwards."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import AgentError, RuntimeFailed
from ..machine.conditions import read
from ..machine.contention import ThreadTimes, thread_times
from ..runtimes.onnxruntime import import_onnxruntime

# behind the name of a dense layer's operator whose weights are not integers
FLOAT_WEIGHTS = " (float weights)"
# behind the name of an operator that turns integer weights into floats at every run
OF_WEIGHTS = " (weights)"
# a thread that ran for a smaller share of what the busiest ran did not work for the model: it is of the agent
_WORKED = 0.05
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_KINDS = {"Data": " data", "Instruction": " instruction", "Unified": ""}
_PRODUCTS = frozenset({"MatMul", "FusedMatMul", "Gemm", "FusedGemm"})
# read by onnxruntime itself, beside its options
_VARIABLES = ("ORT_GQA_DISABLE_FLASH_ATTENTION",)
_NODE_RUN = "_kernel_time"

Event = dict[str, Any]


class ThreadCount:
    """Counts the threads that work for the model while it is entered; `worked` is None where that is not known."""

    def __init__(self) -> None:
        self.worked: int | None = None

    def __enter__(self) -> ThreadCount:
        self._before = thread_times()
        return self

    def __exit__(self, *_: object) -> None:
        self.worked = worked(self._before, thread_times())


def worked(before: ThreadTimes | None, after: ThreadTimes | None) -> int | None:
    """How many threads ran for at least `_WORKED` of what the busiest ran in between."""
    if before is None or after is None:
        return None
    ran = [now - before.get(thread, (0.0, 0.0))[0] for thread, (now, _) in after.items()]
    most = max(ran, default=0.0)
    return sum(seconds >= _WORKED * most for seconds in ran) if most > 0 else None


def trace(open_session: Callable[[str], Any], run: Callable[[Any, int], Any], runs: int) -> list[Event]:
    """The events of onnxruntime's profile of so many runs, in a session of its own.

    open_session: opens one that writes its profile under a path that begins as the one given
    Raises `RuntimeFailed` where none is written.
    """
    with tempfile.TemporaryDirectory(prefix="edgekit-profile-") as folder:
        session = open_session(str(Path(folder) / "profile"))
        for number in range(runs):
            run(session, number)
        events: list[Event] = json.loads(session.end_profiling().read_text(encoding="utf-8"))
    if not any(event.get("name") == "model_run" for event in events):
        raise RuntimeFailed("onnxruntime's profile tells of no run")
    return events


def traced_operators(events: Iterable[Event]) -> dict[str, int]:
    """How many nodes of each kind the last run of a profile executed.

    Products of a weight that is not an integer are named apart, and so are weights that every run makes floats of.
    """
    events = list(events)
    last = max(event["ts"] for event in events if event.get("name") == "model_run")
    found: dict[str, int] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_NODE_RUN) and event["ts"] >= last:
            name = _kind(event["args"])
            found[name] = found.get(name, 0) + 1
    return found


def _kind(node: dict[str, Any]) -> str:
    """The operator of a node; a weight is an input that is not computed, and is not shown once it is packed."""
    name = str(node["op_name"])
    shapes = [shape for entry in node.get("input_type_shape", ()) for shape in entry.values()]
    matrices = [shape for shape in shapes if len(shape) >= 2]
    parameters = int(node.get("parameter_size", 0))
    if name in _PRODUCTS and (len(matrices) < 2 or parameters >= _elements(matrices[1])):
        return name + FLOAT_WEIGHTS
    if name == "DequantizeLinear" and matrices and parameters >= _elements(matrices[0]):
        return name + OF_WEIGHTS
    return name


def _elements(shape: Iterable[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def what_ran(session: Any, threads: int | None, operators: Callable[[], dict[str, int]] | None) -> dict[str, Any]:
    """The fields of `spec.measurement.Ran` as plain JSON values.

    session:   as `sessions.Session` or `decoders.DecoderSession`
    threads:   that worked for the model
    operators: finds what a profile says, which takes the session's place; None where that is not asked for
    """
    facts = _onnx_facts if session.runtime == "onnxruntime" else _tflite_facts
    found: dict[str, Any] = {**facts(session.native), "threads": threads, "caches_kb": caches_kb()}
    if operators is not None:
        try:
            found["operators"] = operators()
        except (AgentError, OSError, ValueError):
            # no room for a profile, or one in other words: what ran stays unknown, and the samples are as good
            found["operators"] = {}
    return found


def caches_kb() -> dict[str, float]:
    """The caches of the first core by level, as `L1 data` and `L2`; none where the kernel does not tell."""
    found = {}
    for folder in sorted(_CACHES.glob("index[0-9]*")):
        level, kind, size = (read(folder / name) or "" for name in ("level", "type", "size"))
        if level.isdigit() and kind in _KINDS and size.endswith("K") and size[:-1].isdigit():
            found[f"L{level}{_KINDS[kind]}"] = float(size[:-1])
    return found


def _onnx_facts(session: Any) -> dict[str, Any]:
    """How onnxruntime was built, and the options as it has them."""
    options = session.get_session_options()
    names = ("intra_op_num_threads", "inter_op_num_threads", "graph_optimization_level", "execution_mode")
    found = {name: _plain(getattr(options, name)) for name in names if hasattr(options, name)}
    found["providers"] = ", ".join(session.get_providers())
    for key in ("session.x64quantprecision",):
        try:
            found[key] = str(options.get_session_config_entry(key))
        except RuntimeError:
            continue
    found.update({name: os.environ[name] for name in _VARIABLES if name in os.environ})
    build = getattr(import_onnxruntime(), "get_build_info", None)
    return {"build": None if build is None else str(build()), "options": found}


def _plain(value: Any) -> str:
    """`1`, and of `GraphOptimizationLevel.ORT_ENABLE_ALL` what stands behind the dot."""
    return str(value).rpartition(".")[2]


def _tflite_facts(interpreter: Any) -> dict[str, Any]:
    """The nodes of a file's first graph, and how many of them XNNPACK took over; nothing where that is not shown.

    The list of nodes ends with one `DELEGATE` for each piece of the graph that was taken over: all nodes between its
    outputs and its inputs.
    """
    try:
        nodes = interpreter._get_ops_details()
    except (AttributeError, RuntimeError, ValueError, TypeError):
        return {}
    own = [node for node in nodes if node["op_name"] != "DELEGATE"]
    pieces = [node for node in nodes if node["op_name"] == "DELEGATE"]
    operators: dict[str, int] = {}
    for node in own:
        name = _tflite_kind(node)
        operators[name] = operators.get(name, 0) + 1
    delegated = {int(node["index"]) for piece in pieces for node in _taken_over(piece, own)}
    return {
        "operators": operators,
        "delegate": "XNNPACK" if pieces else None,
        "delegated": len(delegated),
        "nodes": len(own),
    }


def _tflite_kind(node: dict[str, Any]) -> str:
    types = [getattr(kind, "__name__", str(kind)) for kind in node["operand_types"]]
    dense = node["op_name"] == "FULLY_CONNECTED" and len(types) > 1
    return str(node["op_name"]) + (FLOAT_WEIGHTS if dense and types[1].startswith("float") else "")


def _taken_over(piece: dict[str, Any], nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes that compute a piece's outputs from its inputs."""
    makers = {int(tensor): node for node in nodes for tensor in node["outputs"]}
    known = {int(tensor) for tensor in piece["inputs"]}
    wanted = [int(tensor) for tensor in piece["outputs"]]
    found: dict[int, dict[str, Any]] = {}
    while wanted:
        node = makers.get(wanted.pop())
        if node is None or int(node["index"]) in found:
            continue
        found[int(node["index"])] = node
        wanted += [int(tensor) for tensor in node["inputs"] if int(tensor) not in known]
    return list(found.values())
