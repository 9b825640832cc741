"""What can be known to be wrong with a recipe before anything long begins."""

from __future__ import annotations

from edgekit.compress.distillation.student import student_shape
from edgekit.devices.open_device import open_device
from edgekit.devices.registry import chosen
from edgekit.errors import unknown_name
from edgekit.flows.lineage import options_and_inputs
from edgekit.flows.package import choose
from edgekit.flows.run.run_package import packaged_format
from edgekit.measure.metrics import check_budget, check_task, metric_of
from edgekit.models.registry import family
from edgekit.options.recipe import Recipe
from edgekit.schema.resources import load_target
from edgekit.schema.shape import Scratch, Shape


def check_recipe(recipe: Recipe) -> None:
    """Raise `UsageError` for a target, a file, a device, a baseline, a platform, a family or a shape that won't do."""
    for name in {recipe.target, *(budget.target for budget in recipe.budgets if budget.target)}:
        load_target(name)
    stages = recipe.stages
    for options in (recipe.quantize, recipe.export, stages.profile):
        if options is not None:
            options_and_inputs(options)
    if recipe.package is not None:
        choose(recipe.package, packaged_format(recipe))
    if stages.profile is not None:
        for name in chosen(stages.profile.device):
            open_device(name)
    models = planned_models(recipe)
    for budget in recipe.budgets:
        check_budget(budget)
        check_task(budget, recipe.task)
        compared = "baseline" in metric_of(budget).source.conditions
        if compared and (budget.baseline or "teacher") not in models:
            raise unknown_name("baseline", budget.baseline or "teacher", models)
    if isinstance(recipe.model, Scratch):
        start = recipe.model
        family(start.family)
        distill = stages.distill
        if distill is not None and distill.scratch is None and distill.student_from is None:
            student_shape(Shape(start.layers, start.hidden, start.heads, start.ffn), distill.student)


def planned_models(recipe: Recipe) -> list[str]:
    """The checkpoints that a run of this recipe will have, by their part in it."""
    stages = recipe.stages
    optional = {"student": stages.distill, "pruned": stages.prune, "quantized": stages.quantize}
    return ["teacher", *(name for name, options in optional.items() if options is not None)]
