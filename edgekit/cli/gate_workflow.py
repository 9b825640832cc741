"""`edgekit gate --init`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.cli.options import default_model
from edgekit.options.model_ref import ModelRef

# what the workflow itself says, or cannot do
_NOT_TAKEN = ("junit", "markdown", "annotate", "as_json")
_TAKEN = ("budgets", "recipe", "target", "devices", "allow_throttled", "allow_busy", "max_age")


def write_workflow(context: click.Context, model: ModelRef | None) -> None:
    """Write the workflow that checks what this call of `gate` would check, and say what is to be done with it."""
    from edgekit.flows.gate.github_workflow import write_github_workflow
    from edgekit.measure.metrics import check_budget
    from edgekit.schema.budget import Budget

    given = context.params
    if refused := [name for name in _NOT_TAKEN if given[name]]:
        flag = "--json" if refused[0] == "as_json" else f"--{refused[0]}"
        raise click.UsageError(f"{flag} says nothing of a workflow: leave it out with --init")
    if not (given["budgets"] or given["recipe"] or given["target"]):
        raise click.UsageError("there is no budget for the workflow: --budget size_mb=10, --recipe or --target")
    for text in given["budgets"]:
        check_budget(Budget.from_text(text))
    bundle = Path(model.path) if model is not None else default_model("bundle")
    path = write_github_workflow(
        bundle, _typed(context), inconclusive_ok=given["inconclusive_ok"], force=given["force"]
    )
    click.echo(f"wrote {path}: commit it with the bundle, which CI checks out")


def _typed(context: click.Context) -> list[str]:
    """The options that decide, as they were typed."""
    words: list[str] = []
    for parameter in context.command.params:
        value: Any = context.params.get(parameter.name or "")
        if parameter.name not in _TAKEN or not value:
            continue
        flag = parameter.opts[-1]
        if value is True:
            words.append(flag)
        elif parameter.name == "max_age":
            words += [flag, f"{int(value.total_seconds() // 60)}m"]
        else:
            for each in value if isinstance(value, tuple) else (value,):
                words += [flag, str(each)]
    return words
