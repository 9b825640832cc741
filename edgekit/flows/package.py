"""Package: a bundle as packages for apps, one for each platform, all of them or, where one is too large, none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.product_name import product_name
from edgekit.errors import UsageError
from edgekit.flows.golden import prove_golden
from edgekit.io.atomic import check_output, new_folder
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import Verdict, decide, exit_code
from edgekit.options.package_options import PLATFORMS, PackageOptions, PlatformName
from edgekit.packaging.identity import Identity, id_from, name_from
from edgekit.packaging.platforms import platform
from edgekit.packaging.record import PackageRecord, write_record
from edgekit.packaging.redaction import Disclosure, redacted
from edgekit.report.summary import PackageRow
from edgekit.schema.budget import Budget
from edgekit.schema.schemes import FormatName


@dataclass(frozen=True)
class Packaged:
    """What came of packaging a bundle.

    disclosure: what of the bundle they take along
    left_out: platforms that were not asked for by name and do not take the bundle, each with the reason
    verdicts: on each package's size, where there is a limit; one that fails means that nothing was written
    notes: a sentence on each package that brings another version of the runtime than was measured, and on what no
        self-test looks at
    """

    identity: Identity
    packages: tuple[PackageRow, ...]
    disclosure: Disclosure
    left_out: dict[PlatformName, str] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 where a package is over its size."""
        return exit_code(self.verdicts) if self.verdicts else 0

    @property
    def written(self) -> bool:
        """Whether the packages lie where they say."""
        return self.exit_code == 0


class _TooLarge(Exception):
    """A package is over its size."""


def package(
    bundle: str | Path | BundleFolder,
    out: str | Path | None = None,
    options: PackageOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Packaged:
    """Write `out/<platform>` for each platform; `out` is `<name>-packages` by default.

    The bundle's files are checked against their hashes first, those in each package again; the golden cases are run
    here, unless a run of them is kept. All packages take their names at the end, when every one of them is written and
    none adds more to an app than `options.max_size` MB.
    Raises `ParityError` where the golden cases give other answers, `UsageError` for a bundle that is not sound or not
    of a format or task that a platform takes, and for an existing `out/<platform>`; nothing is left then.
    """
    options = options or PackageOptions()
    source = BundleFolder.of(bundle)
    manifest, checked = source.manifest, source.checked()
    identity = identity_of(options, model_name(source))
    names, left_out = choose(options, manifest.format)
    out = Path(out or _default_out(source.path, identity.name))
    for name in names:
        check_output(out / name, force=force, sources=[source.path])
    prove_golden(source)
    rows: list[PackageRow] = []
    notes: list[str] = []
    verdicts: list[Verdict] = []
    with suppress(_TooLarge), _removed_if_unused(out), ExitStack() as folders:
        temporary = Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="edgekit-package-")))
        packaged, disclosure = redacted(
            checked, identity.name, temporary / "bundle", golden_from_data=options.golden_from_data
        )
        for name in names:
            folder = folders.enter_context(new_folder(out / name, force=force))
            with progress.task(f"package for {name}") as advance:
                weighed = platform(name).write(packaged, identity, folder, **_own(name, options, advance))
            rows.append(row_of(write_record(folder, name, identity, checked, packaged, weighed), out / name))
            notes += runtime_notes(source, name, weighed.brings)
        verdicts += size_verdicts(rows, options)
        if any(verdict.outcome == "fail" for verdict in verdicts):
            raise _TooLarge
    return Packaged(identity, tuple(rows), disclosure, left_out, tuple(verdicts), (*notes, *disclosure.notes))


def identity_of(options: PackageOptions, name: str) -> Identity:
    """What the packages are called, by the options or, where these leave it open, by the name of the model."""
    chosen = options.name or name_from(name)
    return Identity(name=chosen, version=options.version, id=options.id or id_from(chosen))


def model_name(bundle: BundleFolder) -> str:
    """What the model of a bundle is called where it is a product; older bundles are called after a stage."""
    manifest = bundle.manifest
    return product_name(manifest.name, manifest.lineage, bundle.path.resolve(), manifest.task)


def choose(options: PackageOptions, format: FormatName) -> tuple[list[PlatformName], dict[PlatformName, str]]:
    """The platforms that are meant, and of all of them those that do not take the format, with the reason.

    Raises `UsageError` for one that was asked for by name and does not take it.
    """
    chosen = [name for name in PLATFORMS if options.wants_all or name in options.platform]
    formats = {name: platform(name).FORMATS for name in chosen}
    unfit = {
        name: f"it takes {' and '.join(formats_taken)} bundles, and this one is {format}"
        for name, formats_taken in formats.items()
        if format not in formats_taken
    }
    if unfit and not options.wants_all:
        name, why = next(iter(unfit.items()))
        raise UsageError(
            f"there is no package for {name} of this bundle: {why}",
            advice=f"give one of the other format: edgekit export --format {formats[name][0]}",
        )
    return [name for name in chosen if name not in unfit], unfit


def size_verdicts(rows: Sequence[PackageRow], options: PackageOptions) -> list[Verdict]:
    """The verdict on the size of each package, where there is a limit."""
    if options.max_size is None:
        return []
    budget = Budget(metric="size_mb", limit=options.max_size)
    return [decide(budget, Estimate.exact(row.total_mb), "model, tokenizer and code") for row in rows]


def runtime_notes(bundle: BundleFolder, platform: str, brings: Mapping[str, str]) -> list[str]:
    """What to know where a package brings another version of the runtime than the bundle was measured with.

    brings: the version of each project in the package, by its name
    """
    records, model = bundle.records, bundle.checked().model_sha256
    timed = [record for record in (*records.latency, *records.generation) if record.model_sha256 == model]
    notes = []
    for runtime in sorted({record.runtime for record in timed} & brings.keys()):
        measured = sorted({record.runtime_version for record in timed if record.runtime == runtime})
        if brings[runtime] not in measured:
            brought = f"{runtime}=={brings[runtime]}"
            notes.append(
                f"the package for {platform} brings {runtime} {brings[runtime]}, and what was measured ran on "
                f"{' and '.join(measured)}: measure it once more, edgekit profile --runtime {brought}"
            )
    return notes


def row_of(record: PackageRecord, path: Path) -> PackageRow:
    """What a package adds to an app, of its record."""
    added = record.added
    return PackageRow(
        platform=record.platform,
        path=str(path),
        model_mb=added.model / 1e6,
        tokenizer_mb=added.tokenizer / 1e6,
        code_mb=added.code / 1e6,
        total_mb=(added.model + added.tokenizer + added.code) / 1e6,
        runtime=added.runtime,
        machines=added.machines,
    )


def _own(name: PlatformName, options: PackageOptions, advance: Advance) -> dict[str, Any]:
    """The options that one platform alone has."""
    if name != "linux":
        return {}
    fetched = {"wheels": not options.no_wheels, "tell": lambda what: advance(0, what)}
    return {"arch": options.arch, "python": options.python} | fetched


def _default_out(bundle: Path, name: str) -> Path:
    """In the working directory; beside it if the working directory is the bundle itself."""
    out = Path(f"{name}-packages")
    return bundle.resolve().parent / out if bundle.resolve() == Path.cwd() else out


@contextmanager
def _removed_if_unused(out: Path) -> Iterator[None]:
    """A folder that the block makes for nothing is gone again at the end."""
    new_folders = [path for path in (out, *out.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in new_folders:
            with suppress(OSError):  # it holds something
                path.rmdir()
