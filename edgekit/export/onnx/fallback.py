"""The ONNX file of a model whose family edgekit cannot take apart, by an exporter that knows it, in float.

That is optimum-onnx beside transformers 4, and transformers' own exporter from release 5 on. Float only: without a
description there is no plan, and a file quantized behind our back has no reference to be held against. Parity is
against the checkpoint, as for every float file.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.agent.capture_stderr import captured_output
from edgekit.bundle.manifest import ModelTensor
from edgekit.errors import ToolError, UsageError
from edgekit.export.model_file import ModelFile
from edgekit.export.onnx.graph_builder import IR_VERSION, ONNX_FILE, OPSET
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.transformers_release import release
from edgekit.models.typed_model import TYPES, reads_types
from edgekit.schema.families import FAMILIES
from edgekit.tasks.text_classification import TASK

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

# an example is as good as any other: its batch and length are left open, and are no other size of a model
_BATCH, _LENGTH = 3, 7
_INPUTS = ("input_ids", "attention_mask", TYPES)
# the lowest that torch's own exporter writes, on which that of transformers rests
_TORCH_OPSET = 18
_AXES = ("batch_size", "sequence_length")


def require_exporter(family: str) -> None:
    """Raise `UsageError` for classifiers of a family that the exporter does not know, and where there is none."""
    if not (_transformers_knows(family) if release() >= 5 else _optimum_knows(family)):
        raise UsageError(
            f"classifiers of the family {family!r} cannot be exported",
            advice=f"families that edgekit takes apart: {', '.join(FAMILIES)}",
        )


def _transformers_knows(family: str) -> bool:
    """Of an encoder with a decoder it would take the inputs of one alone."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES

    if family not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES:
        return False
    return not getattr(AutoConfig.for_model(family), "is_encoder_decoder", False)


def _optimum_knows(family: str) -> bool:
    if importlib.util.find_spec("optimum.exporters.onnx") is None:
        raise UsageError(
            f"classifiers of the family {family!r} need an exporter, and optimum-onnx is not installed",
            advice="install optimum-onnx 0.1 beside transformers 4, or transformers 5, which has one of its own",
        )
    import optimum.exporters.onnx.model_configs  # noqa: F401  its import registers what can be exported
    from optimum.exporters.tasks import TasksManager

    try:
        known = TasksManager.get_supported_tasks_for_model_type(family, "onnx", library_name="transformers")
    except KeyError:
        return False
    return TASK.name in known


def write_onnx_fallback(model: LoadedModel, out: Path) -> ModelFile:
    """Write `model.onnx` into `out` by the installed exporter; `ToolError` where it cannot."""
    # exporters import onnxruntime, whose Linux wheel carries a telemetry client; it reads this when it is imported
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnx

    name, write = ("transformers", _by_transformers) if release() >= 5 else ("optimum", _by_optimum)
    with tempfile.TemporaryDirectory() as folder:
        with captured_output():
            try:
                with _two_types(model):
                    write(model, Path(folder))
            except Exception as error:  # tracing runs the model's own code, which raises anything at all
                raise ToolError(f"{name} cannot export {model.config.model_type} models: {error}") from error
        shutil.move(Path(folder) / ONNX_FILE, out / ONNX_FILE)
    graph = _without_types(model, out / ONNX_FILE, onnx.load(str(out / ONNX_FILE), load_external_data=False))
    return ModelFile(
        file=ONNX_FILE,
        inputs=tuple(ModelTensor(name=value.name, dtype="int64", shape=(None, None)) for value in graph.input),
        outputs=(ModelTensor(name="logits", dtype="float32", shape=(None, model.config.num_labels)),),
        notes=(f"{model.config.model_type} models are exported by {name}, in float only",),
    )


@contextmanager
def _two_types(model: LoadedModel) -> Iterator[None]:
    """Meanwhile a model of one token type has it twice: exporters try it out with two."""
    import torch
    from torch import nn

    lone = [
        module
        for name, module in model.named_modules()
        if name.endswith("token_type_embeddings") and isinstance(module, nn.Embedding) and module.num_embeddings == 1
    ]
    before = [module.weight for module in lone]
    try:
        for module in lone:
            module.weight = nn.Parameter(torch.cat([module.weight.detach()] * 2), requires_grad=False)
        yield
    finally:
        for module, weight in zip(lone, before, strict=True):
            module.weight = weight


def _without_types(model: LoadedModel, path: Path, proto: ModelProto) -> GraphProto:
    """The graph, which the file then holds: types that the model is never given are all the first one."""
    import onnx

    graph = proto.graph
    types = [value for value in graph.input if value.name == TYPES]
    if types and not reads_types(model, usual=True):
        graph.input.remove(types[0])
        graph.node.insert(0, onnx.helper.make_node("Sub", ["input_ids", "input_ids"], [TYPES], "first_type"))
        onnx.save(proto, path)
    return graph


def _by_optimum(model: LoadedModel, folder: Path) -> None:
    from optimum.exporters.onnx import onnx_export_from_model

    onnx_export_from_model(model, folder, opset=OPSET, task=TASK.name, do_validation=False)


def _by_transformers(model: LoadedModel, folder: Path) -> None:
    """Batch and length left open, and named as optimum names them."""
    import onnx
    import onnx_ir
    import torch
    from transformers.exporters.exporter_onnx import OnnxConfig, OnnxExporter

    ids = torch.arange(_BATCH * _LENGTH).reshape(_BATCH, _LENGTH) % model.config.vocab_size
    ones = torch.ones_like(ids)
    example = dict(zip(_INPUTS, (ids, ones, ones - 1), strict=True))
    if getattr(model.config, "type_vocab_size", 0) < 2 or not _takes(model, TYPES):
        del example[TYPES]
    open_axes = {name: dict.fromkeys((0, 1), torch.export.Dim.AUTO) for name in example}
    config = OnnxConfig(dynamic_shapes=open_axes, opset_version=_TORCH_OPSET)
    use_cache = getattr(model.config, "use_cache", None)
    model.config.use_cache = False  # a decoder would give its cache out as well
    try:
        exported = OnnxExporter().export(model, example, config=config)
    finally:
        model.config.use_cache = use_cache
    onnx_ir.save(exported.program, folder / ONNX_FILE)
    proto = onnx.load(folder / ONNX_FILE)
    if [value.name for value in proto.graph.output] != ["logits"]:
        raise ToolError("it gives out more than logits")
    proto.ir_version = IR_VERSION
    for value in (*proto.graph.input, *proto.graph.output):
        for axis, name in zip(value.type.tensor_type.shape.dim, _AXES, strict=True):
            if axis.dim_param:
                axis.dim_param = name
    # where in which source file of this machine each operator came from
    for described in (*proto.graph.node, *proto.graph.value_info, *proto.graph.initializer, proto.graph, proto):
        del described.metadata_props[:]
        described.doc_string = ""
    onnx.save(proto, folder / ONNX_FILE)


def _takes(model: LoadedModel, name: str) -> bool:
    """Whether the model reads an input of this name."""
    return name in inspect.signature(model.get_submodule("").forward).parameters
