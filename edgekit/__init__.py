"""edgekit: compress text models, put them on your device, measure, and gate on the verdict.

Every command is a function of its name (`edgekit export`), and a stage where a recipe has one of its name (`export:`):
one function for all of them. Of groups, `devices`, `targets` and `recipes` give what there is, and their commands are
`add_device`, `load_target` and the like. The classes are what they take: options, data, models, targets and budgets.
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
    from edgekit.cli.completion import completion as completion
    from edgekit.devices.find import find_devices as find_devices
    from edgekit.devices.registry import known_devices
    from edgekit.devices.registry import remove_device as remove_device
    from edgekit.flows.demo import demo as demo
    from edgekit.flows.deploy import deploy as deploy
    from edgekit.flows.deploy import deployed as deployed
    from edgekit.flows.deploy import rollback as rollback
    from edgekit.flows.deploy import undeploy as undeploy
    from edgekit.flows.devices.detect import detect
    from edgekit.flows.devices.doctor import check_up
    from edgekit.flows.devices.emulate import emulate
    from edgekit.flows.devices.register import add_known
    from edgekit.flows.devices.setup import setup
    from edgekit.flows.doctor import examine_installation
    from edgekit.flows.evaluate.evaluate import evaluate as evaluate
    from edgekit.flows.export import export as export
    from edgekit.flows.gate.gate import gate as gate
    from edgekit.flows.gate.gate_bundles import gate_bundles as gate_bundles
    from edgekit.flows.gate.gate_devices import gate_on as gate_on
    from edgekit.flows.gate.github_workflow import write_github_workflow as write_github_workflow
    from edgekit.flows.generate import generate as generate
    from edgekit.flows.inspect import inspect as inspect
    from edgekit.flows.package import package as package
    from edgekit.flows.predict import predict as predict
    from edgekit.flows.profile.compare_bundles import compare_bundles as compare_bundles
    from edgekit.flows.profile.instructions import count_instructions as count_instructions
    from edgekit.flows.profile.profile import profile as profile
    from edgekit.flows.quantize import quantize as quantize
    from edgekit.flows.reproduce.reproduce import reproduce as reproduce
    from edgekit.flows.run.run import run as run
    from edgekit.flows.shipped import guide as guide
    from edgekit.flows.shipped import guides as guides
    from edgekit.flows.shipped import recipes as recipes
    from edgekit.flows.shipped import targets as targets
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
    from edgekit.options.recipe import load_recipe as load_recipe
    from edgekit.options.report_options import ReportOptions as ReportOptions
    from edgekit.options.stage_options import EvaluateOptions as EvaluateOptions
    from edgekit.options.stage_options import QuantizeOptions as QuantizeOptions
    from edgekit.options.train_options import DistillOptions as DistillOptions
    from edgekit.options.train_options import FinetuneOptions as FinetuneOptions
    from edgekit.options.train_options import PruneOptions as PruneOptions
    from edgekit.options.train_options import TrainOptions as TrainOptions
    from edgekit.schema.budget import Budget as Budget
    from edgekit.schema.device import KnownDevice as KnownDevice
    from edgekit.schema.resources import load_target as load_target
    from edgekit.schema.shape import Scratch as Scratch
    from edgekit.schema.target import Target as Target

    # by the words of their commands
    add_device = add_known
    check_devices = check_up
    detect_target = detect
    devices = known_devices
    doctor = examine_installation
    emulate_device = emulate
    setup_devices = setup

# no telemetry: these are read when onnxruntime and the hub's client are imported
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

# the module of each name that is offered here, and what it is called there where that is another name
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
    "deploy": "flows.deploy",
    "rollback": "flows.deploy",
    "deployed": "flows.deploy",
    "undeploy": "flows.deploy",
    "demo": "flows.demo",
    "reproduce": "flows.reproduce.reproduce",
    "doctor": "flows.doctor:examine_installation",
    "targets": "flows.shipped",
    "recipes": "flows.shipped",
    "guide": "flows.shipped",
    "guides": "flows.shipped",
    "load_target": "schema.resources",
    "load_recipe": "options.recipe",
    "detect_target": "flows.devices.detect:detect",
    "devices": "devices.registry:known_devices",
    "find_devices": "devices.find",
    "add_device": "flows.devices.register:add_known",
    "remove_device": "devices.registry",
    "check_devices": "flows.devices.doctor:check_up",
    "setup_devices": "flows.devices.setup:setup",
    "emulate_device": "flows.devices.emulate:emulate",
    "compare_bundles": "flows.profile.compare_bundles",
    "count_instructions": "flows.profile.instructions",
    "gate_on": "flows.gate.gate_devices",
    "gate_bundles": "flows.gate.gate_bundles",
    "write_github_workflow": "flows.gate.github_workflow",
    "completion": "cli.completion",
    "DataSpec": "options.data_options",
    "ExportOptions": "options.export_options",
    "GenerateOptions": "options.generate_options",
    "ModelRef": "options.model_ref",
    "PackageOptions": "options.package_options",
    "ProfileOptions": "options.profile_options",
    "Recipe": "options.recipe",
    "Stages": "options.recipe",
    "ReportOptions": "options.report_options",
    "EvaluateOptions": "options.stage_options",
    "QuantizeOptions": "options.stage_options",
    "DistillOptions": "options.train_options",
    "FinetuneOptions": "options.train_options",
    "PruneOptions": "options.train_options",
    "TrainOptions": "options.train_options",
    "Budget": "schema.budget",
    "KnownDevice": "schema.device",
    "Scratch": "schema.shape",
    "Target": "schema.target",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'edgekit' has no attribute {name!r}")
    module, _, named = _MODULES[name].partition(":")
    return getattr(importlib.import_module(f"edgekit.{module}"), named or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Edgekit(ModuleType):
    """This module: a folder that is imported takes the place of a function of its name, and must be one as well."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in _MODULES and isinstance(value, ModuleType):
            value.__class__ = _Folder
        super().__setattr__(name, value)


class _Folder(ModuleType):
    """A folder, as `edgekit.export`, which can be called as the function of its name."""

    def __call__(self, *arguments: object, **options: object) -> Any:
        return __getattr__(self.__name__.rpartition(".")[2])(*arguments, **options)


sys.modules[__name__].__class__ = _Edgekit
