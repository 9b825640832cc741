"""What a run measures: the accuracy of every model and bundle on the same rows, the latency of every bundle."""

from __future__ import annotations

from edgekit.agent.conditions import fingerprint
from edgekit.flows.commands import command_line, data_flags
from edgekit.flows.evaluate import Evaluation, evaluate, record_accuracy
from edgekit.flows.evaluations import keep_evaluation, kept_evaluation
from edgekit.flows.journal import identity, key_of
from edgekit.flows.lineage import recorded
from edgekit.flows.profile import profile
from edgekit.flows.state import Run
from edgekit.spec.data_options import EMBEDDED
from edgekit.spec.hashing import value_sha256

# test texts at most that latency is measured on, beside the fixed lengths
PROFILE_TEXTS = 2000


def evaluate_all(run: Run) -> None:
    """Evaluate every checkpoint and bundle, against the teacher and any baseline that a budget names.

    What is known already is read back.
    """
    options, data = run.recipe.stages.evaluate, run.recipe.data
    if options is None:
        return
    named = {"teacher", *(budget.baseline for budget in run.recipe.budgets if budget.baseline)}
    key = key_of(run.data.sha256, options.model_dump(mode="json"), sorted(named))
    baselines: dict[str, Evaluation] = {}
    for name, path in [*run.models.items(), *((bundle.name, bundle) for bundle in run.bundles)]:
        key = key_of(key, identity(path))
        found = kept_evaluation(run.folder, name, key)
        if found is None:
            found = evaluate(path, data, options, against=baselines, progress=run.progress)
            keep_evaluation(run.folder, name, key, found)
        if path in run.bundles:
            record_accuracy(path, found.accuracy)
        elif name in named:
            baselines[name] = found
        run.evaluations[name] = found
        against = f"teacher={run.models['teacher']}" if name != "teacher" else None
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data), against=against))


def profile_all(run: Run) -> None:
    """Measure every bundle on the data's own texts, and at the lengths asked for."""
    options = run.recipe.stages.profile
    if options is None:
        return
    texts = run.data.split("test").pairs_of_text()[:PROFILE_TEXTS]
    own = options.model_copy(update={"length": ()})
    fixed = options.model_copy(update={"data": None}) if options.length else None
    for bundle in run.bundles:
        name, measured = f"profile {bundle.name}", bundle / "measurements"
        key = key_of(identity(bundle), recorded(options), value_sha256(texts), fingerprint())
        file = options.data or run.recipe.data.test or EMBEDDED
        run.commands.append(command_line("profile", bundle, options=own.model_copy(update={"data": file})))
        if fixed is not None:
            run.commands.append(command_line("profile", bundle, options=fixed))
        if run.journal.is_done(name, key, measured):
            run.progress.say(f"{name}: unchanged")
            continue
        profile(bundle, own, texts=() if options.data else texts, progress=run.progress)
        if fixed is not None:
            profile(bundle, fixed, progress=run.progress)
        run.journal.record(name, key, measured)
