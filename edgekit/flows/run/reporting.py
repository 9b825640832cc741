"""The report of a run: its summary, written as a page, as Markdown and as JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest, Parity, Step
from edgekit.bundle.records import Records
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.flows.inspect import inspect
from edgekit.flows.run.report_paths import with_short_paths
from edgekit.flows.run.run_state import Run
from edgekit.flows.run.wrong_texts import wrong_texts
from edgekit.io.atomic import write_text
from edgekit.measure.performance.generation import summarise_generation
from edgekit.measure.performance.latency_summary import summarise
from edgekit.measure.verdicts import exit_code
from edgekit.models.checkpoint import open_checkpoint
from edgekit.report.markdown import summary_markdown
from edgekit.report.page import render_page
from edgekit.report.summary import LatencyRow, Mistakes, ModelRow, SpeedRow, StageRow, Summary, VerdictRow
from edgekit.schema.measurement import GenerationMeasurement, Measurement
from edgekit.schema.resources import load_target
from edgekit.schema.target import Target

PAGE, MARKDOWN, JSON = "report.html", "report.md", "summary.json"
# more than are shown, so that a pair of one model is known of the others
WORST_PAIRS = 40


def write_report(run: Run) -> Summary:
    """Write `report.html`, `report.md` and `summary.json` into the run's folder, and give the summary.

    The files, which are passed on, have paths from the run's folder; the summary has them as they are here.
    """
    summary = summarise_run(run)
    shown = with_short_paths(summary, run.recipe, run.folder)
    write_text(run.folder / PAGE, render_page(shown))
    write_text(run.folder / MARKDOWN, summary_markdown(shown))
    write_text(run.folder / JSON, json.dumps(shown.dump(), indent=1, ensure_ascii=False) + "\n")
    return summary


def summarise_run(run: Run) -> Summary:
    """Everything that the report shows, gathered."""
    records = {bundle: _of_file(bundle) for bundle in run.bundles}
    target = load_target(run.recipe.target)
    verdicts = tuple(
        VerdictRow(row.bundle.name, row.format, row.verdict, row.verdict.conditions) for row in run.verdicts
    )
    return Summary(
        name=run.recipe.name,
        title=run.recipe.title,
        target=run.recipe.target,
        data=run.data.name,
        rows=_rows(run.data),
        labels=() if isinstance(run.data, TextData) else run.data.labels,
        models=tuple(
            _model(run, name, path, records.get(path, Records()), target) for name, path in _everything(run).items()
        ),
        verdicts=verdicts,
        exit_code=exit_code(row.verdict for row in verdicts) if verdicts else 0,
        mistakes=tuple(_mistakes(name, run.evaluations[name]) for name in _everything(run) if name in run.evaluations),
        measurements=tuple(measurement for records_of in records.values() for measurement in records_of.latency),
        packages=tuple(run.packages),
        speeds=tuple(measurement for records_of in records.values() for measurement in records_of.generation),
        lineage=_lineage(run),
        commands=tuple(run.commands),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        stages=_stages(run),
        wrong_texts=wrong_texts(run),
    )


def _stages(run: Run) -> tuple[StageRow, ...]:
    """What each stage took, and how those that train went."""
    records = {name: open_checkpoint(path).extras.training for name, path in run.models.items()}
    names = dict.fromkeys([*run.models, *run.seconds])
    return tuple(StageRow(name, _rounded(run.seconds.get(name)), records.get(name)) for name in names)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _rows(data: Data | TextData) -> dict[str, int]:
    """Rows of each split; of text its documents."""
    if isinstance(data, TextData):
        return {name: corpus.documents for name, corpus in data.files.items()}
    return {name: len(getattr(data, name)) for name in ("train", "validation", "test")}


def _everything(run: Run) -> dict[str, Path]:
    return run.models | {bundle.name: bundle for bundle in run.bundles}


def _model(run: Run, name: str, path: Path, records: Records, target: Target) -> ModelRow:
    found = inspect(path)
    evaluation = run.evaluations.get(name)
    parity: Parity | None = None
    notes: tuple[str, ...] = ()
    sha256: str | None = None
    if found.manifest is not None:
        parity, notes = found.manifest.parity, found.manifest.notes
        sha256 = found.manifest.files[found.manifest.model_file].sha256
    return ModelRow(
        name=name,
        path=str(path),
        format=found.format,
        scheme=found.scheme,
        size_mb=found.size_mb,
        parameters=found.parameters,
        parts_mb={part.name: part.mb for part in found.parts},
        accuracy=evaluation.accuracy if evaluation else None,
        latencies=tuple(_latency(measurement, target) for measurement in records.latency),
        perplexity=run.perplexities.get(name),
        speeds=tuple(_speed(measurement, target) for measurement in records.generation),
        task=run.recipe.task,
        parity=parity,
        notes=notes,
        model_sha256=sha256,
    )


def _of_file(bundle: Path) -> Records:
    """The measurements of this very file; older ones of another stay on disk but do not count."""
    folder = BundleFolder(bundle)
    manifest, records = folder.manifest, folder.records
    sha256 = manifest.files[manifest.model_file].sha256
    latency = [record for record in records.latency if record.model_sha256 == sha256]
    return Records(
        latency=tuple(sorted(latency, key=_length_of)),
        generation=tuple(record for record in records.generation if record.model_sha256 == sha256),
    )


def _length_of(measurement: Measurement) -> tuple[int, int]:
    """Fixed lengths in their order, the data's own behind them."""
    return measurement.length if isinstance(measurement.length, int) else sys.maxsize, measurement.threads


def _latency(measurement: Measurement, target: Target) -> LatencyRow:
    summary = summarise(measurement)
    return LatencyRow(
        device=measurement.fingerprint.cpu_model,
        runtime=f"{measurement.runtime} {measurement.runtime_version}",
        threads=measurement.threads,
        length=measurement.length,
        p50=summary.latency.p50,
        p95=summary.latency.p95,
        peak_rss_mb=measurement.peak_rss_mb,
        cold_load_ms=measurement.cold_load_ms,
        samples_ms=measurement.samples_ms.get("total") or measurement.samples_ms["infer"],
        emulated=measurement.fingerprint.emulated,
        of_target=target.matches(measurement.fingerprint),
    )


def _speed(measurement: GenerationMeasurement, target: Target) -> SpeedRow:
    return SpeedRow(
        device=measurement.fingerprint.cpu_model,
        threads=measurement.threads,
        length=measurement.length,
        tokens_per_s=summarise_generation(measurement).tokens_per_s,
        emulated=measurement.fingerprint.emulated,
        of_target=target.matches(measurement.fingerprint),
    )


def _mistakes(name: str, evaluation: Evaluation) -> Mistakes:
    return Mistakes(name, evaluation.confused(WORST_PAIRS), evaluation.accuracy.classes)


def _lineage(run: Run) -> tuple[Step, ...]:
    """Every step up to the bundles, which one export made; or up to the newest checkpoint."""
    if run.bundles:
        return Manifest.of(run.bundles[0]).lineage
    return open_checkpoint(run.newest).extras.lineage
