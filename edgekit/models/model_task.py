"""Which task a model is for: as it stands, as it says of itself, and as it is trained."""

from __future__ import annotations

from edgekit.errors import UsageError
from edgekit.models.checkpoint import Checkpoint, class_name
from edgekit.schema.base_model import read_mapping
from edgekit.schema.families import usual_task
from edgekit.schema.shape import Scratch
from edgekit.tasks.registry import TASKS, task_named, task_of_class
from edgekit.tasks.task import Task, TaskName


def resolve_task(checkpoint: Checkpoint) -> Task:
    """What the checkpoint was trained for, as optimum reads it from the class that its configuration names.

    Raises `UsageError` for a class that transformers lacks or that is for a task not known here.
    """
    if checkpoint.task is not None:
        return task_named(checkpoint.task)
    name = _exported_task(class_name(read_mapping(checkpoint.path / "config.json")))
    if name is None:
        raise UsageError(f"{checkpoint.path}: config.json names no architecture that transformers has")
    if name not in TASKS:
        raise UsageError(f"{checkpoint.path} is a {checkpoint.family} for {name}; edgekit takes {' and '.join(TASKS)}")
    return task_named(name)


def _exported_task(name: str) -> str | None:
    """The task of a model class of transformers, or None for a name that is not one."""
    import transformers
    from optimum.exporters.tasks import TasksManager

    try:
        model_class = getattr(transformers, name, None)
    except ImportError:  # a class that needs a library which is not here
        return None
    if not isinstance(model_class, type) or not issubclass(model_class, transformers.PreTrainedModel):
        return None
    try:
        return str(TasksManager.infer_task_from_model(model_class, library_name="transformers"))
    except ValueError:  # a model class for none of the tasks that optimum knows
        return None


def stated_task(checkpoint: Checkpoint) -> Task | None:
    """The task that was named with a checkpoint, or which its model class names; None where neither tells one.

    Nothing is loaded for it, and a class that transformers lacks is no error.
    """
    if checkpoint.task is not None:
        return task_named(checkpoint.task)
    return task_of_class(class_name(read_mapping(checkpoint.path / "config.json")))


def trained_task(start: Checkpoint | Scratch, named: TaskName | None = None) -> Task:
    """What training makes of a model: the task that is named, else its own or its family's.

    A decoder predicts text unless it has been made a classifier; all others classify, whatever head they begin with.
    Raises `UsageError` as `resolve_task` does, for a decoder.
    """
    if named is not None:
        return task_named(named)
    usual = usual_task(start.family)
    return resolve_task(start) if usual.generates and isinstance(start, Checkpoint) else usual


def must_be_named(task: TaskName, family: str) -> bool:
    """Whether training for a task has to be told of it: a model of this family is usually for another."""
    return task != usual_task(family).name
