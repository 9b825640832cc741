"""What a run measures of every bundle: latency on the data's own texts, or how fast a language model writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from edgekit.agent.machine.conditions import fingerprint
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.records import MEASUREMENTS
from edgekit.data.token_blocks import TextData
from edgekit.devices.registry import chosen, resolve
from edgekit.flows.gate.gate import target_of
from edgekit.flows.lineage import options_and_inputs
from edgekit.flows.profile.profile import profile
from edgekit.flows.run.command_lines import command_line
from edgekit.flows.run.journal import identity, journal_options, stage_key
from edgekit.flows.run.run_state import Run
from edgekit.io.hashing import value_sha256
from edgekit.measure.evidence import Evidence, Question
from edgekit.measure.metrics import metric_of
from edgekit.measure.verdicts import verdict_on
from edgekit.options.data_options import EMBEDDED
from edgekit.options.profile_options import ProfileOptions

# test texts at most that latency is measured on, beside the fixed lengths
PROFILE_TEXTS = 2000


def profile_bundles(run: Run) -> None:
    """Measure every bundle that the journal does not know to be measured, or whose measurement decides nothing."""
    options = run.recipe.stages.profile
    if options is None:
        return
    for bundle in run.bundles:
        name, measured, key = f"profile {bundle.name}", bundle / MEASUREMENTS, profile_key(run, bundle, options)
        run.commands += _commands(run, bundle, options)
        if run.journal.is_done(name, key, measured):
            undecided = why_again(run, bundle)
            run.progress.say(f"{name}: {'unchanged' if undecided is None else f'measured again, as {undecided}'}")
            if undecided is None:
                continue
        _profile(run, bundle, options)
        run.journal.record(name, key, journal_options(options), measured)


def why_again(run: Run, bundle: Path) -> str | None:
    """Which budget a measurement that was taken leaves inconclusive, in words; None where it decides them all.

    Budgets that gate nothing may stay so. Those of another machine than was measured are unmeasured, and to measure
    this one again would not change it.
    """
    folder = BundleFolder.of(bundle)
    evidence = Evidence(folder.manifest, folder.records, datetime.now(UTC))
    for budget in run.recipe.budgets:
        if not budget.gate or budget.format not in (None, folder.manifest.format):
            continue
        if metric_of(budget).source.on_device:
            question = Question(budget, target_of(folder.manifest, budget.target), str(folder))
            if verdict_on(question, evidence).outcome == "inconclusive":
                return f"{budget.text} was inconclusive"
    return None


def _commands(run: Run, bundle: Path, options: ProfileOptions) -> list[str]:
    """The command lines that measure the same by hand."""
    if run.task.generates:
        return [command_line("profile", bundle, options=options)]
    on_texts, at_lengths = _on_texts(options), _at_lengths(options)
    file = options.data or run.recipe.data.test or EMBEDDED
    commands = [command_line("profile", bundle, options=on_texts.model_copy(update={"data": file}))]
    return commands if at_lengths is None else [*commands, command_line("profile", bundle, options=at_lengths)]


def _profile(run: Run, bundle: Path, options: ProfileOptions) -> None:
    """A classifier on the data's own texts, and at the lengths asked for."""
    if run.task.generates:
        profile(bundle, options, progress=run.progress)
        return
    texts, at_lengths = profile_texts(run), _at_lengths(options)
    profile(bundle, _on_texts(options), texts=() if options.data else texts, progress=run.progress)
    if at_lengths is not None:
        profile(bundle, at_lengths, progress=run.progress)


def _on_texts(options: ProfileOptions) -> ProfileOptions:
    return options.model_copy(update={"length": ()})


def _at_lengths(options: ProfileOptions) -> ProfileOptions | None:
    return options.model_copy(update={"data": None}) if options.length else None


def profile_key(run: Run, bundle: Path, options: ProfileOptions) -> str:
    """The key of a bundle's measurements: its content, what is asked, this machine, what devices' names mean."""
    devices = [resolve(name) for name in chosen(options.device)]
    places = [[device.url, device.python] for device in devices]
    return stage_key(
        identity(bundle), options_and_inputs(options), value_sha256(profile_texts(run)), fingerprint(), places
    )


def profile_texts(run: Run) -> list[tuple[str, str | None]]:
    """The test texts that latency is measured on; a language model has prompts of its bundle's own."""
    if isinstance(run.data, TextData):
        return []
    return run.data.split("test").pairs_of_text()[:PROFILE_TEXTS]
