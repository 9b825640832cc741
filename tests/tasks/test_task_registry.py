"""The table of tasks: a task is one file and one name, and what asks for a task's name takes what the table has."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
import pytest

import edgekit.tasks
from edgekit.cli.finetune import command as finetune
from edgekit.cli.quantize import command as quantize
from edgekit.errors import NotFoundError
from edgekit.measure.metrics import METRICS
from edgekit.options.recipe import Recipe
from edgekit.tasks.registry import DEFAULT_TASK, TASKS, task_named, task_of_class
from edgekit.tasks.task import TaskName


def test_every_task_is_a_file_and_every_file_a_task():
    files = {path.stem for path in Path(edgekit.tasks.__path__[0]).glob("*.py")} - {
        "__init__",
        "task",
        "registry",
        "problem_type",
    }
    assert files == {name.replace("-", "_") for name in get_args(TaskName)}
    assert [(name, task.name) for name, task in TASKS.items()] == [(name, name) for name in get_args(TaskName)]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_task_says_how_its_models_are_loaded_and_measured(task):
    import transformers

    assert hasattr(transformers, task.auto_class)
    assert task_of_class(f"Any{task.class_endings[0]}") is task
    assert any(metric.figures in task.figures for metric in METRICS.values())
    assert any(metric.is_of(task) and metric.figures is None for metric in METRICS.values())
    assert task.labels or task.generates
    assert bool(task.reserved) == task.generates


def test_every_metric_is_of_a_task():
    assert all(any(metric.is_of(task) for task in TASKS.values()) for metric in METRICS.values())


def test_a_task_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(NotFoundError, match="unknown task 'text-clasification'") as refused:
        task_named("text-clasification")
    assert refused.value.advice == "did you mean 'text-classification'?"
    assert task_named("text-generation") is TASKS["text-generation"]
    assert task_of_class("BertForQuestionAnswering") is None


@pytest.mark.parametrize("command", [quantize, finetune], ids=["quantize", "finetune"])
def test_commands_offer_the_tasks_of_the_table(command):
    option = next(each for each in command.params if each.name == "task")
    assert isinstance(option.type, click.Choice)
    assert set(option.type.choices) == set(TASKS)


def test_recipes_take_the_tasks_of_the_table():
    assert set(Recipe.model_json_schema()["properties"]["task"]["enum"]) == set(TASKS)
    assert Recipe.model_fields["task"].default == DEFAULT_TASK
