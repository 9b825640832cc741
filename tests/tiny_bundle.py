"""Whole bundles around a bag-of-words classifier of a few hundred weights, in ONNX and in TFLite."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from edgekit.agent.inference.content_hash import content_hash, seal_of
from edgekit.bundle.manifest import File, Manifest, ModelTensor, Parity
from edgekit.schema.resources import load_target

VOCABULARY = {
    word: index
    for index, word in enumerate(
        [
            *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "turn", "on", "off", "the", "light", "fan"),
            *("door", "lock", "open", "close", "warmer", "colder", "please", "kitchen", "bedroom", "now"),
        ]
    )
}
LABELS = ("light", "door", "climate")
TEXTS = (
    ("turn on the light", None),
    ("lock the kitchen door now please", None),
    ("warmer please", "the bedroom fan"),
    ("open", None),
)
LENGTHS = (8, 16)
MAX_LENGTH = 32


def weights():
    generator = np.random.default_rng(7)
    table = generator.standard_normal((len(VOCABULARY), 4)).astype(np.float32)
    weight = generator.standard_normal((len(LABELS), 4)).astype(np.float32)
    return table, weight, generator.standard_normal(len(LABELS)).astype(np.float32)


def reference_ids(text, pair=None):
    """Token ids by a look-up of its own, not by the tokenizers library."""
    ids = [2, *(VOCABULARY.get(word, 1) for word in text.split()), 3]
    return ids if pair is None else [*ids, *(VOCABULARY.get(word, 1) for word in pair.split()), 3]


def reference_logits(ids):
    table, weight, bias = weights()
    return table[list(ids)].sum(axis=0) @ weight.T + bias


def tiny_onnx(path: Path, length=None) -> Path:
    from onnx import TensorProto, helper, numpy_helper, save

    table, weight, bias = weights()
    constants = {"table": table, "weight": weight.T.copy(), "bias": bias}
    constants |= {"axis1": np.array([1], np.int64), "axis2": np.array([2], np.int64)}
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "axis2"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "axis1"], ["total"], keepdims=0),
        helper.make_node("Gemm", ["total", "weight", "bias"], ["logits"]),
    ]
    shape = ["batch", length or "length"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def zero_logits(path: Path) -> None:
    """Change the ONNX file so that it gives zeros to everything."""
    import onnx

    model = onnx.load(path)
    for constant in model.graph.initializer:
        if constant.name in ("weight", "bias"):
            constant.raw_data = bytes(len(constant.raw_data))
    onnx.save(model, path)


def write_tflite(path: Path, lengths=LENGTHS, signatures=True) -> Path:
    from tiny_tflite import tiny_tflite

    path.write_bytes(tiny_tflite(*weights(), lengths, signatures))
    return path


def write_tokenizer(path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    # a bundle's tokenizer may come with padding and truncation of its own: the agent must not follow them
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(path))


def golden_rows():
    for text, pair in TEXTS:
        ids = reference_ids(text, pair)
        logits = reference_logits(ids)
        label = LABELS[int(logits.argmax())]
        yield {"text": text, "text_pair": pair, "ids": ids, "logits": [float(x) for x in logits], "label": label}


def write_golden(folder: Path, rows) -> None:
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def seal(folder: Path, **changes) -> Path:
    """Write the manifest over what the folder holds now."""
    model_file = next(path.name for path in folder.iterdir() if path.suffix in (".onnx", ".tflite"))
    tflite = model_file.endswith(".tflite")
    files = {
        path.name: File(
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            bytes=path.stat().st_size,
            runtime=path.name != "golden.jsonl",
        )
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != "manifest.json"
    }
    dtype, shape = ("int32", (1, None)) if tflite else ("int64", (None, None))
    fields = {
        "name": folder.name,
        "task": "text-classification",
        "format": "tflite" if tflite else "onnx",
        "model_file": model_file,
        "scheme": "float",
        "target": "desktop",
        "target_facts": load_target("x86-64").model_copy(update={"name": "desktop"}),
        "runtime": "ai-edge-litert" if tflite else "onnxruntime",
        "family": "distilbert",
        "labels": LABELS,
        "max_length": max(LENGTHS) if tflite else MAX_LENGTH,
        "lengths": LENGTHS if tflite else (),
        "inputs": tuple(ModelTensor(name=n, dtype=dtype, shape=shape) for n in ("input_ids", "attention_mask")),
        "outputs": (ModelTensor(name="logits", dtype="float32", shape=(None, len(LABELS))),),
        "pad_id": 0,
        "parameters": 100,
        "files": files,
        "parity": Parity(
            reference="checkpoint", cases=4, atol=1e-4, rtol=1e-4, max_abs_difference=0.0, labels_equal=4
        ),
    }
    (folder / "manifest.json").write_text(Manifest.hashed(**(fields | changes)).dump(), encoding="utf-8")
    return folder


def rewrite(folder: Path, **changes) -> Path:
    """Change fields of a manifest, and compute both of its hashes again where they can be, as a forger would."""
    path = folder / "manifest.json"
    value = json.loads(path.read_text(encoding="utf-8")) | changes
    if "content_hash" not in changes:
        with suppress(ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
            value["content_hash"] = content_hash(value)
    with suppress(ValueError):
        value["sha256"] = seal_of(value)
    path.write_text(json.dumps(value), encoding="utf-8")
    return folder


# what computes a content hash in another language has to tell apart, or to put in order
ODD_FACTS = {
    "\ue000": [0.1, 1e300, 5e-324, -0.0, 0, 1, 1.0, -7, 2**53 + 1, 1e16, 123456789.123456789],
    "\U0001f525": {"": None, "é": "e\u0301", "e\u0301": [], "\x00\n": "\u2028", "a": {}, "B": [[True, False]]},
    "10": "ten",
    "9": "nine",
}


def rehash(folder: Path) -> Path:
    """List the files of a bundle as they are now, and compute all hashes of its manifest again."""
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name, entry in files.items():
        content = (folder / name).read_bytes()
        entry |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return rewrite(folder, files=files)


def make_bundle(folder: Path, format: str) -> Path:
    folder.mkdir(parents=True)
    if format == "onnx":
        tiny_onnx(folder / "model.onnx")
    else:
        write_tflite(folder / "model.tflite")
    write_tokenizer(folder / "tokenizer.json")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    write_golden(folder, golden_rows())
    return seal(folder)


@pytest.fixture
def onnx_bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "tiny-onnx", "onnx")


@pytest.fixture
def tflite_bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "tiny-tflite", "tflite")


@pytest.fixture(params=["onnx", "tflite"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_bundle(tmp_path / f"tiny-{request.param}", request.param)


@pytest.fixture
def device_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for the local device, so that tests share neither its lock nor its files."""
    home = tmp_path / "device-home"
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(home))
    return home
