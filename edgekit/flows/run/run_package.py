"""The last stage of a run: its bundle as packages for apps, unless they are there as they were written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import MANIFEST_FILE, is_bundle
from edgekit.bundle.product_name import DEMO
from edgekit.flows.gate.gate import BundleVerdict
from edgekit.flows.package import choose, model_name, package, row_of, size_verdicts
from edgekit.flows.run.command_lines import command_line
from edgekit.flows.run.journal import journal_options, stage_key
from edgekit.flows.run.run_state import Run
from edgekit.flows.run.stages import formats_of, refuse_foreign
from edgekit.io.hashing import file_sha256
from edgekit.options.package_options import PLATFORMS, PackageOptions
from edgekit.options.recipe import Recipe
from edgekit.packaging.identity import name_from
from edgekit.packaging.platforms import platform
from edgekit.packaging.record import PackageRecord, intact
from edgekit.report.summary import PackageRow
from edgekit.schema.schemes import FormatName
from edgekit.version import __version__

_STAGE = "package"


def make_packages(run: Run) -> None:
    """Package the bundle for each platform of the recipe; one that is over its size is a verdict, and not written."""
    if run.recipe.package is None:
        return
    options, bundle = _named(run, run.recipe.package), _bundle(run)
    folder = run.folder / "packages"
    run.commands.append(command_line("package", bundle, options=options, o=folder))
    if why_packaged(run, run.recipe.package) is None:
        run.progress.say(f"package: unchanged, {folder}")
        rows = [row_of(record, path) for path, record in _packages(run, options).items() if record is not None]
    else:
        rows = _make(run, options, bundle, folder)
    budgeted = zip(rows, size_verdicts(rows, options), strict=False)
    run.verdicts += [
        BundleVerdict(Path(f"package for {row.platform}"), bundle.name, verdict) for row, verdict in budgeted
    ]
    run.packages = rows


def why_packaged(run: Run, options: PackageOptions) -> str | None:
    """Why the packages have to be made; None where they are there, of this bundle and as they were written."""
    options = _named(run, options)
    why = run.journal.reason_to_run(_STAGE, _key(run, options), journal_options(options))
    if why is None and None in _packages(run, options).values():
        return "what it made was changed since, or is gone"
    return why


def packaged_format(recipe: Recipe) -> FormatName:
    """Of the formats that a run of this recipe exports, the one that most platforms take: it is packaged."""
    platforms = Counter(format for name in PLATFORMS for format in platform(name).FORMATS)
    return max(formats_of(recipe), key=lambda format: platforms[format])


def _make(run: Run, options: PackageOptions, bundle: Path, folder: Path) -> list[PackageRow]:
    for path in _packages(run, options):
        refuse_foreign(run, _STAGE, path)
    key = _key(run, options)
    run.journal.begin(_STAGE, key, journal_options(options))
    done = package(bundle, folder, options, force=True, progress=run.progress)
    if done.written:
        run.progress.say(f"package: {', '.join(row.platform for row in done.packages)}, {folder}")
        run.progress.say(f"package: leaves the house: {done.disclosure.sentence}")
        for note in done.notes:
            run.progress.say(f"package: note: {note}")
        run.journal.record(_STAGE, key, journal_options(options))
    return list(done.packages)


def _packages(run: Run, options: PackageOptions) -> dict[Path, PackageRecord | None]:
    """Where each package lies, and its record if it is there as it was written."""
    names, _ = choose(options, packaged_format(run.recipe))
    return {path: intact(path) for path in (run.folder / "packages" / name for name in names)}


def _key(run: Run, options: PackageOptions) -> str:
    """Of the whole manifest, which a package holds, and not of the bundle's content alone."""
    manifest = _bundle(run) / MANIFEST_FILE
    return stage_key(
        _STAGE, file_sha256(manifest) if manifest.is_file() else None, journal_options(options), __version__
    )


def _bundle(run: Run) -> Path:
    return run.folder / "bundles" / packaged_format(run.recipe)


def _named(run: Run, options: PackageOptions) -> PackageOptions:
    """With a name by the run's, where there is none; by its model's where that is of the demo, which has any data."""
    if options.name:
        return options
    name, bundle = run.recipe.name, _bundle(run)
    if name == DEMO and is_bundle(bundle):
        name = model_name(BundleFolder(bundle))
    return options.model_copy(update={"name": name_from(name)})
