"""Gate: check a bundle against budgets, from its bytes, its manifest and the records that it keeps.

The way of a timed inference to a verdict: on the device `agent.benchmark.timing` runs a step of
`agent.benchmark.inference_workload` and takes its time, of which `agent.benchmark.latency` makes a measurement that
`agent.server` sends. Here `devices.agent_client` checks it to be one of `schema.measurement`,
`flows.profile.agent_requests` puts those of several processes together (`measure.performance.processes`), and
`flows.profile.profile` has `flows.profile.measured_model` keep it, which `bundle.records` writes and reads.
`measure.metrics` says which figure of it a budget limits, `measure.device_cases` finds it,
`measure.statistics.percentiles` gives it its interval, and `measure.verdicts` compares that with the limit.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import Records
from edgekit.data.splits import read_data
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.devices.device_of_target import device_of
from edgekit.flows.golden import prove_golden
from edgekit.measure.evidence import Allowed, Evidence, Question
from edgekit.measure.metrics import check_budget, check_problem, metric_of, metrics_of_problem
from edgekit.measure.verdicts import Verdict, verdict_on
from edgekit.options.recipe import Recipe
from edgekit.schema.budget import Budget
from edgekit.schema.resources import load_target
from edgekit.schema.target import Target
from edgekit.tasks.problem_type import PROBLEMS
from edgekit.tasks.registry import task_named


@dataclass(frozen=True)
class BundleVerdict:
    """A verdict and the bundle it is on."""

    bundle: Path
    format: str
    verdict: Verdict


def gate(
    bundle: str | Path | BundleFolder,
    budgets: Sequence[Budget],
    *,
    allowed: Allowed | None = None,
    records: Records | None = None,
) -> list[BundleVerdict]:
    """The verdict on each budget, one for one and in their order (`measure.verdicts.verdict_on`).

    The bundle's files are checked against their hashes first, and its golden cases are run, unless a record says that
    this very content reproduced them. A device figure counts only if its measurement is of this very content, of a
    device of the budget's target, not emulated, and taken under the budget's conditions; of one case the newest
    counts, and of several cases the worst. Accuracy and perplexity count on test rows of the data that the lineage
    names, unless the budget names others. What was lost against the teacher counts only against the very one that the
    lineage records, where it records one.
    records: in place of those that are kept in the bundle
    Raises `UsageError` for a damaged bundle or record, an unknown target, a budget that its metric does not take, or
    no budget at all; `ParityError` for wrong answers to golden cases.
    """
    if not budgets:
        raise UsageError("there is no budget to check the bundle against", advice="give one: --budget size_mb=10")
    for budget in budgets:
        check_budget(budget)
    folder = BundleFolder.of(bundle)
    folder.checked()
    manifest = folder.manifest
    if manifest.labels:
        for budget in budgets:
            check_problem(budget, manifest.head)
    targets = {budget.target: target_of(manifest, budget.target) for budget in budgets}
    prove_golden(folder)
    now = datetime.now(UTC)
    evidence = Evidence(manifest, folder.records if records is None else records, now, allowed or Allowed())
    devices = {name: device_of(target) for name, target in targets.items()}
    questions = [Question(budget, targets[budget.target], str(folder), devices[budget.target]) for budget in budgets]
    return [BundleVerdict(folder.path, manifest.format, verdict_on(question, evidence)) for question in questions]


def not_judged(budgets: Iterable[Budget], formats: Collection[str]) -> list[Budget]:
    """The budgets that no bundle of these formats is checked against."""
    return [budget for budget in budgets if budget.format is not None and budget.format not in formats]


def target_of(manifest: Manifest, name: str | None) -> Target:
    """The bundle brings its own target along: the file that it was read from may be elsewhere, or changed."""
    return manifest.target_facts if name in (None, manifest.target) else load_target(str(name))


def recipe_rows(recipe: Recipe) -> str | None:
    """The hash of a recipe's test rows, by which evaluations are known; None where no budget asks for them.

    Raises `UsageError` for data that cannot be read: budgets that name theirs, as data=NAME, do without.
    """
    budgets = (budget for budget in recipe.budgets if budget.data is None)
    if not any("data" in metric_of(budget).source.conditions for budget in budgets):
        return None
    if not task_named(recipe.task).labels:
        return load_text(recipe.data, learn=False).sha256.get("test")
    tables = read_data(recipe.data).tables
    return tables["test"].sha256() if "test" in tables else None


def default_budgets(target: Target, manifest: Manifest) -> list[Budget]:
    """The budgets of a target for a bundle's task, each asked for that target.

    Raises `UsageError` where it has none, and where one of them is on a metric that the bundle's problem type lacks:
    left out, it would be a pass that nothing was asked of. The advice is the others, as they are typed.
    """
    budgets = target.budgets.get(manifest.task, ())
    if not budgets:
        raise UsageError(
            f"target {target.name} has no budgets for {manifest.task}", advice="give one: --budget size_mb=10"
        )
    problem = manifest.head
    foreign = [budget for budget in budgets if not metric_of(budget).is_of_problem(problem)]
    if foreign:
        given = [f"--budget {shlex.quote(budget.text)}" for budget in budgets if budget not in foreign]
        raise UsageError(
            f"the default budgets of {target.name} hold {foreign[0].text}, and {foreign[0].metric} is no metric of a "
            f"{PROBLEMS[problem]}",
            advice=f"give them yourself: {' '.join(given)}, and one on {' or '.join(metrics_of_problem(problem))}",
        )
    return [budget.model_copy(update={"target": budget.target or target.name}) for budget in budgets]
