"""edgekit: compress text models, put them on your device, measure, and gate on the verdict.

Each function here is also a command (`edgekit export`), and a stage where a recipe has one of its name (`export:`):
one function for all of them. The classes are what they take: options, data, models, targets and budgets.
All are imported when first used, so that `import edgekit` costs nothing.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from edgekit.version import __version__ as __version__

if TYPE_CHECKING:
    from edgekit.flows.evaluate.evaluate import evaluate as evaluate
    from edgekit.flows.export import export as export
    from edgekit.flows.gate.gate import gate as gate
    from edgekit.flows.generate import generate as generate
    from edgekit.flows.inspect import inspect as inspect
    from edgekit.flows.package import package as package
    from edgekit.flows.predict import predict as predict
    from edgekit.flows.profile.profile import profile as profile
    from edgekit.flows.quantize import quantize as quantize
    from edgekit.flows.run.run import run as run
    from edgekit.flows.train.prune import prune as prune
    from edgekit.flows.train.train import distill as distill
    from edgekit.flows.train.train import finetune as finetune
    from edgekit.options.data_options import DataSpec as DataSpec
    from edgekit.options.export_options import ExportOptions as ExportOptions
    from edgekit.options.generate_options import GenerateOptions as GenerateOptions
    from edgekit.options.model_ref import ModelRef as ModelRef
    from edgekit.options.package_options import PackageOptions as PackageOptions
    from edgekit.options.profile_options import ProfileOptions as ProfileOptions
    from edgekit.options.recipe import Recipe as Recipe
    from edgekit.options.recipe import Stages as Stages
    from edgekit.options.stage_options import EvaluateOptions as EvaluateOptions
    from edgekit.options.stage_options import QuantizeOptions as QuantizeOptions
    from edgekit.options.train_options import DistillOptions as DistillOptions
    from edgekit.options.train_options import FinetuneOptions as FinetuneOptions
    from edgekit.options.train_options import PruneOptions as PruneOptions
    from edgekit.options.train_options import TrainOptions as TrainOptions
    from edgekit.schema.budget import Budget as Budget
    from edgekit.schema.shape import Scratch as Scratch
    from edgekit.schema.target import Target as Target

# no telemetry: these are read when onnxruntime and the hub's client are imported
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

# the module of each name that is offered here
_MODULES = {
    "finetune": "flows.train.train",
    "distill": "flows.train.train",
    "prune": "flows.train.prune",
    "quantize": "flows.quantize",
    "export": "flows.export",
    "evaluate": "flows.evaluate.evaluate",
    "profile": "flows.profile.profile",
    "gate": "flows.gate.gate",
    "package": "flows.package",
    "inspect": "flows.inspect",
    "predict": "flows.predict",
    "generate": "flows.generate",
    "run": "flows.run.run",
    "DataSpec": "options.data_options",
    "ExportOptions": "options.export_options",
    "GenerateOptions": "options.generate_options",
    "ModelRef": "options.model_ref",
    "PackageOptions": "options.package_options",
    "ProfileOptions": "options.profile_options",
    "Recipe": "options.recipe",
    "Stages": "options.recipe",
    "EvaluateOptions": "options.stage_options",
    "QuantizeOptions": "options.stage_options",
    "DistillOptions": "options.train_options",
    "FinetuneOptions": "options.train_options",
    "PruneOptions": "options.train_options",
    "TrainOptions": "options.train_options",
    "Budget": "schema.budget",
    "Scratch": "schema.shape",
    "Target": "schema.target",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'edgekit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"edgekit.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Edgekit(ModuleType):
    """This module: a folder that is imported takes the place of a function of its name, and must be one as well."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "export" and isinstance(value, ModuleType):
            value.__class__ = _ExportFolder
        super().__setattr__(name, value)


class _ExportFolder(ModuleType):
    """The folder `edgekit.export`, which can be called as the function `edgekit.export`."""

    def __call__(self, *arguments: object, **options: object) -> Any:
        return __getattr__("export")(*arguments, **options)


sys.modules[__name__].__class__ = _Edgekit
