"""Runs model files for a Java program that pipes tensors to it: the real onnxruntime and LiteRT behind the doubles.

Every message is big-endian, as Java writes: 4-byte numbers; texts and bytes with their length before them.
"""

from __future__ import annotations

import os
import struct
import sys

import numpy as np

TYPES = {0: np.float32, 1: np.int32, 2: np.int64}
NUMBERS = {np.dtype(dtype): number for number, dtype in TYPES.items()}
ONNX = {"tensor(float)": 0, "tensor(int32)": 1, "tensor(int64)": 2}


class Pipe:
    def __init__(self, source, target):
        self.source, self.target = source, target

    def number(self) -> int:
        content = self.source.read(4)
        if len(content) < 4:
            raise EOFError
        return struct.unpack(">i", content)[0]

    def content(self) -> bytes:
        return self.source.read(self.number())

    def text(self) -> str:
        return self.content().decode()

    def array(self):
        dtype, shape = TYPES[self.number()], [self.number() for _ in range(self.number())]
        return np.frombuffer(self.content(), dtype).reshape(shape).copy()

    def put(self, *values) -> None:
        for value in values:
            if isinstance(value, int):
                self.target.write(struct.pack(">i", value))
            else:
                content = value.encode() if isinstance(value, str) else value
                self.target.write(struct.pack(">i", len(content)) + content)

    def put_array(self, array) -> None:
        array = np.ascontiguousarray(array)
        self.put(NUMBERS[array.dtype], array.ndim, *map(int, array.shape), array.tobytes())


def load_onnx(pipe, model, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, pipe.number()
    for _ in range(pipe.number()):
        options.add_session_config_entry(pipe.text(), pipe.text())
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    for nodes in (session.get_inputs(), session.get_outputs()):
        pipe.put(len(nodes))
        for node in nodes:
            shape = [size if isinstance(size, int) else -1 for size in node.shape]
            pipe.put(node.name, ONNX[node.type], len(shape), *shape)
    return session


def run_onnx(pipe, session):
    """Tensors by number, so that one given as input and pinned as output is one place in memory, as in Java."""
    import onnxruntime

    values = {}
    for _ in range(pipe.number()):
        key = pipe.number()
        values[key] = onnxruntime.OrtValue.ortvalue_from_numpy(pipe.array())
    binding = session.io_binding()
    for _ in range(pipe.number()):
        binding.bind_ortvalue_input(pipe.text(), values[pipe.number()])
    pinned = [(pipe.text(), pipe.number()) for _ in range(pipe.number())]
    wanted = [pipe.text() for _ in range(pipe.number())]
    for name, key in pinned:
        binding.bind_ortvalue_output(name, values[key])
    for name in wanted:
        binding.bind_output(name)
    session.run_with_iobinding(binding)
    # copies: what they are views of goes with this function
    answers = [values[key].numpy().copy() for _, key in pinned] + binding.copy_outputs_to_cpu()[len(pinned) :]

    def answer():
        for array in answers:
            pipe.put_array(array)

    return answer


def load_tflite(pipe, model, threads):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=threads)
    runners = {key: interpreter.get_signature_runner(key) for key in interpreter.get_signature_list()}
    pipe.put(len(runners))
    for key, runner in runners.items():
        pipe.put(key)
        for details in (runner.get_input_details(), runner.get_output_details()):
            pipe.put(len(details))
            for name, detail in details.items():
                pipe.put(name, NUMBERS[np.dtype(detail["dtype"])], len(detail["shape"]), *map(int, detail["shape"]))
    return runners


def run_tflite(pipe, runners):
    runner = runners[pipe.text()]
    found = runner(**{pipe.text(): pipe.array() for _ in range(pipe.number())})

    def answer():
        pipe.put(len(found))
        for name, array in found.items():
            pipe.put(name)
            pipe.put_array(array)

    return answer


def serve(pipe) -> None:
    loaded = []
    while True:
        try:
            command = pipe.text()
        except EOFError:
            return
        if command.startswith("load"):
            model, threads = pipe.content(), pipe.number()
            try:
                pipe.put("ok", len(loaded))
                loaded.append((load_onnx if command == "load onnx" else load_tflite)(pipe, model, threads))
            except Exception as error:
                raise SystemExit(f"the child cannot load the model: {error}") from error
        else:
            session = loaded[pipe.number()]
            try:
                answer = (run_onnx if command == "run onnx" else run_tflite)(pipe, session)
            except (RuntimeError, ValueError, KeyError) as error:
                pipe.put(f"failed: {error}")
            else:
                pipe.put("ok")
                answer()
        pipe.target.flush()


if __name__ == "__main__":
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    answers = os.fdopen(os.dup(1), "wb")
    # what the runtimes print must not come among the answers
    os.dup2(2, 1)
    serve(Pipe(sys.stdin.buffer, answers))
