"""What a run measures: the accuracy of every model and bundle on the same rows, the latency of every bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgekit.agent.machine.conditions import fingerprint
from edgekit.data.token_blocks import TextData
from edgekit.devices.registry import chosen, resolve
from edgekit.flows.evaluate.evaluate import Evaluation, evaluate, record_accuracy
from edgekit.flows.lineage import recorded
from edgekit.flows.profile.profile import profile
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.flows.run.evaluation_cache import keep_evaluation, kept_evaluation
from edgekit.flows.run.journal import identity, key_of, said
from edgekit.flows.run.run_state import Run
from edgekit.io.hashing import value_sha256
from edgekit.options.data_options import EMBEDDED
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.stage_options import EvaluateOptions

# test texts at most that latency is measured on, beside the fixed lengths
PROFILE_TEXTS = 2000


def evaluate_all(run: Run) -> None:
    """Evaluate every checkpoint and bundle, against the teacher and any baseline that a budget names.

    What is known already is read back.
    """
    options, data = run.recipe.evaluate, run.recipe.data
    if options is None or run.rows is None:
        return
    against: dict[str, Evaluation] = {}
    for name, path, key in evaluations(run, options):
        found = kept_evaluation(run.folder, name, key)
        if found is None:
            found = evaluate(path, run.rows, options, against=against, progress=run.progress)
            keep_evaluation(run.folder, name, key, found)
        else:
            run.progress.say(f"evaluate {name}: unchanged")
        if path in run.bundles:
            record_accuracy(path, found.accuracy)
        elif name in baselines(run):
            against[name] = found
        run.evaluations[name] = found
        teacher = f"teacher={run.models['teacher']}" if name != "teacher" else None
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data), against=teacher))
    run.journal.record("evaluate", value_sha256(said(options)), said(options))


def evaluations(run: Run, options: EvaluateOptions) -> Iterator[tuple[str, Path, str]]:
    """Name and path of each model and bundle, with the key under which its evaluation is kept.

    A key holds all that was evaluated before, as accuracies are compared with those.
    """
    key = key_of(dict(run.data.sha256), options.model_dump(mode="json"), sorted(baselines(run)))
    for name, path in [*run.models.items(), *((bundle.name, bundle) for bundle in run.bundles)]:
        key = key_of(key, identity(path))
        yield name, path, key


def baselines(run: Run) -> set[str]:
    """The models that those after them are compared with, by their part in the run."""
    return {"teacher", *(budget.baseline for budget in run.recipe.budgets if budget.baseline)}


def profile_key(run: Run, bundle: Path, options: ProfileOptions) -> str:
    """The key of a bundle's measurements: its content, what is asked, this machine, what devices' names mean."""
    devices = [resolve(name) for name in chosen(options.device)]
    places = [[device.url, device.python] for device in devices]
    return key_of(identity(bundle), recorded(options), value_sha256(profile_texts(run)), fingerprint(), places)


def profile_texts(run: Run) -> list[tuple[str, str | None]]:
    """The test texts that latency is measured on; a language model has prompts of its bundle's own."""
    if isinstance(run.data, TextData):
        return []
    return run.data.split("test").pairs_of_text()[:PROFILE_TEXTS]


def profile_all(run: Run) -> None:
    """Measure every bundle on the data's own texts, and at the lengths asked for."""
    options = run.recipe.stages.profile
    if options is None:
        return
    texts = profile_texts(run)
    own = options.model_copy(update={"length": ()})
    fixed = options.model_copy(update={"data": None}) if options.length else None
    for bundle in run.bundles:
        name, measured = f"profile {bundle.name}", bundle / "measurements"
        key = profile_key(run, bundle, options)
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
        run.journal.record(name, key, said(options), measured)
