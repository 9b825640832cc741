"""The tasks edgekit knows. A new one is its file beside this one and its name in `TaskName`."""

from __future__ import annotations

import importlib
from typing import cast, get_args

from edgekit.errors import unknown_name
from edgekit.tasks.task import Task, TaskName


def _task_of_file(name: TaskName) -> Task:
    return cast(Task, importlib.import_module(f"edgekit.tasks.{name.replace('-', '_')}").TASK)


TASKS: dict[TaskName, Task] = {name: _task_of_file(name) for name in get_args(TaskName)}
# what recipes, and lists of budgets in targets, are about where they do not say
DEFAULT_TASK: TaskName = "text-classification"


def task_named(name: str) -> Task:
    """The task of this name; `NotFoundError` with the nearest one for a name that is none."""
    for task in TASKS.values():
        if task.name == name:
            return task
    raise unknown_name("task", name, TASKS)


def task_of_class(name: str) -> Task | None:
    """The task of a model class of transformers, by its name's ending; None where that tells of none."""
    return next((task for task in TASKS.values() if name.endswith(task.class_endings)), None)
