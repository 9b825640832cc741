"""What a run of a language model measures: the perplexity of every model and bundle, and how fast bundles write."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundle.records import MEASUREMENTS
from edgekit.flows.evaluate.perplexity import Known, perplexity, record_perplexity
from edgekit.flows.profile.profile_decoder import profile_decoder
from edgekit.flows.run.command_lines import command_line, data_flags
from edgekit.flows.run.evaluation_cache import keep_perplexity, kept_perplexity
from edgekit.flows.run.journal import said
from edgekit.flows.run.run_evaluate import baselines, evaluations, profile_key
from edgekit.flows.run.run_state import Run
from edgekit.io.hashing import value_sha256


def evaluate_texts(run: Run) -> None:
    """Perplexity of every checkpoint and bundle, against the teacher and any baseline that a budget names.

    What is known already is read back.
    """
    options, data = run.recipe.stages.evaluate, run.recipe.data
    if options is None:
        return
    against: dict[str, Path] = {}
    known: Known = {}
    for name, path, key in evaluations(run, options):
        found = kept_perplexity(run.folder, name, key)
        if found is None:
            found = perplexity(path, data, options, against=against, known=known, progress=run.progress)
            keep_perplexity(run.folder, name, key, found)
        else:
            run.progress.say(f"evaluate {name}: unchanged")
            if path in run.bundles:
                record_perplexity(path, found)
        run.perplexities[name] = found
        teacher = f"teacher={against['teacher']}" if "teacher" in against else None
        run.commands.append(command_line("evaluate", path, options=options, **data_flags(data), against=teacher))
        if name in baselines(run):
            against[name] = path
    run.journal.record("evaluate", value_sha256(said(options)), said(options))


def profile_decoders(run: Run) -> None:
    """Measure every bundle at the lengths asked for."""
    options = run.recipe.stages.profile
    if options is None:
        return
    for bundle in run.bundles:
        name, measured, key = f"profile {bundle.name}", bundle / MEASUREMENTS, profile_key(run, bundle, options)
        run.commands.append(command_line("profile", bundle, options=options))
        if run.journal.is_done(name, key, measured):
            run.progress.say(f"{name}: unchanged")
            continue
        profile_decoder(bundle, options, progress=run.progress)
        run.journal.record(name, key, said(options), measured)
