"""The ONNX file of a model whose family edgekit cannot take apart: optimum's own export, in float.

Float only: without a description there is no plan, and a file quantized behind our back has no reference to be held
against. Parity is against the checkpoint, as for every float file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgekit.agent.capture_stderr import captured_output
from edgekit.bundle.manifest import ModelTensor
from edgekit.errors import ToolError, UsageError
from edgekit.export.model_file import ModelFile
from edgekit.export.onnx.graph_builder import ONNX_FILE, OPSET
from edgekit.models.loaded_model import LoadedModel
from edgekit.schema.families import FAMILIES
from edgekit.tasks.text_classification import TASK


def require_exporter(family: str) -> None:
    """Raise `UsageError` for classifiers of a family that optimum has no export for."""
    import optimum.exporters.onnx.model_configs  # noqa: F401  its import registers what can be exported
    from optimum.exporters.tasks import TasksManager

    try:
        known = TasksManager.get_supported_tasks_for_model_type(family, "onnx", library_name="transformers")
    except KeyError:
        known = {}
    if TASK.name not in known:
        raise UsageError(
            f"classifiers of the family {family!r} cannot be exported",
            advice=f"families that edgekit takes apart: {', '.join(FAMILIES)}",
        )


def write_onnx_fallback(model: LoadedModel, out: Path) -> ModelFile:
    """Write `model.onnx` into `out` with optimum; `ToolError` where optimum cannot."""
    # optimum imports onnxruntime, whose Linux wheel carries a telemetry client; it reads this when it is imported
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnx
    from optimum.exporters.onnx import onnx_export_from_model

    with tempfile.TemporaryDirectory() as folder:
        with captured_output():
            try:
                onnx_export_from_model(model, Path(folder), opset=OPSET, task=TASK.name, do_validation=False)
            except (ValueError, KeyError, RuntimeError, TypeError) as error:
                raise ToolError(f"optimum cannot export {model.config.model_type} models: {error}") from error
        shutil.move(Path(folder) / ONNX_FILE, out / ONNX_FILE)
    graph = onnx.load(str(out / ONNX_FILE), load_external_data=False).graph
    return ModelFile(
        file=ONNX_FILE,
        inputs=tuple(ModelTensor(name=value.name, dtype="int64", shape=(None, None)) for value in graph.input),
        outputs=(ModelTensor(name="logits", dtype="float32", shape=(None, model.config.num_labels)),),
        notes=(f"{model.config.model_type} models are exported by optimum, in float only",),
    )
