"""A bundle without what is of its owner's house alone: rows of data, lineage, names of data and of models."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.agent.errors import RuntimeMissing
from edgekit.agent.inference.bundle import GOLDEN, Bundle, file_sha256, golden_lines, open_bundle
from edgekit.bundle.manifest import MANIFEST_FILE, File, Manifest
from edgekit.errors import UsageError, agent_errors
from edgekit.export.golden_texts import HARD_PROMPTS, HARD_TEXTS
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.made_cases import made_cases
from edgekit.packaging.settings import redacted_settings
from edgekit.schema.shape import Scratch

# texts that edgekit brings; golden cases of older bundles do not say that they are among them
_FIXED = frozenset((*HARD_TEXTS, *HARD_PROMPTS))
# the first word of each says how a text is told of
_NOUNS = {"vocabulary": "made from the vocabulary", "fixed": "of edgekit's own", "data": "of your data"}


@dataclass(frozen=True)
class Disclosure:
    """What of a bundle a package takes along.

    golden:         golden cases by where their texts are from: `vocabulary`, `fixed` or `data`
    lineage_sha256: what stands in place of the lineage; None where the bundle has none
    labels:         how many the model has
    vocabulary:     what that of the tokenizer was made of, in words
    evaluations:    how many sets of rows or texts the manifest has figures of
    own_target:     whether it was made for a target of somebody's own
    notes:          a sentence on each thing that a self-test of the packages does not look at
    """

    golden: Mapping[str, int]
    lineage_sha256: str | None
    labels: int
    vocabulary: str
    evaluations: int
    own_target: bool
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What leaves the house, in one line."""
        parts = [f"{count} {_NOUNS[origin]}" for origin, count in self.golden.items() if count and origin != "data"]
        rows = self.golden.get("data", 0)
        told = f"{rows} golden texts that are rows of your data" if rows else "no rows of your data"
        labels = f"its {_counted(self.labels, 'label')}, " if self.labels else ""
        figures = f"; {_counted(self.evaluations, 'evaluation')} by the figures of all rows and their sha256"
        return (
            f"the model, {labels}its tokenizer, whose vocabulary {self.vocabulary}; "
            f"{sum(self.golden.values()) - rows} golden texts ({', '.join(parts)}), {told}"
            f"{figures if self.evaluations else ''}"
            f"{'; your target as a hash' if self.own_target else ''}"
            f"; {'lineage as a hash' if self.lineage_sha256 else 'no lineage'}"
        )


def redacted(bundle: Bundle, name: str, folder: Path, *, golden_from_data: bool) -> tuple[Bundle, Disclosure]:
    """The bundle as packages hold it, in the new folder `folder`, and what it discloses.

    All files but the golden cases, the manifest and settings that name files or data are the bundle's own.
    name:             of the package
    golden_from_data: whether golden cases stay whose texts are rows of data, or whatever else somebody gave
    A bundle that brings none made from its vocabulary, as an older one, is given some, as its model answers here.
    Raises `UsageError` where no golden case is left.
    """
    kept, notes = _golden(bundle, golden_from_data=golden_from_data)
    manifest = Manifest.of_checked(bundle.manifest, str(bundle.folder / MANIFEST_FILE))
    folder.mkdir(parents=True)
    changed = {GOLDEN: "".join(f"{line}\n" for line, _ in kept).encode()}
    for file in manifest.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        content = changed.get(file) or redacted_settings(bundle.folder / file)
        if content is None:
            _link(bundle.folder / file, folder / file)
        else:
            (folder / file).write_bytes(content)
            changed[file] = content
    packaged = manifest.redacted(
        name, {file: _entry(entry, folder / file, file in changed) for file, entry in manifest.files.items()}
    )
    (folder / MANIFEST_FILE).write_text(packaged.dump(), encoding="utf-8")
    counts = Counter(origin for _, origin in kept)
    disclosure = Disclosure(
        {origin: counts[origin] for origin in _NOUNS},
        packaged.lineage_sha256,
        len(packaged.labels),
        _vocabulary(manifest),
        len(packaged.accuracy) + len(packaged.perplexity) + len(packaged.label_sets) + len(packaged.numbers),
        packaged.target != manifest.target,
    )
    with agent_errors():
        found = open_bundle(folder)
    told = LabelCoverage.of(found).note
    return found, replace(disclosure, notes=(*notes, told) if told else notes)


def _vocabulary(manifest: Manifest) -> str:
    """What the vocabulary of its tokenizer was made of, in words, as far as its lineage tells."""
    if any(step.vocabulary for step in manifest.lineage):
        return "was cut to the words of your texts"
    made = [step for step in manifest.lineage if isinstance(step.model, Scratch)]
    if made and not any(step.options.get("tokenizer") for step in made):
        return "was made from your training texts and holds their frequent words"
    return "is that of the model it began with" if manifest.lineage else "may have been made from training texts"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")


def _entry(known: File, place: Path, changed: bool) -> File:
    return File(sha256=file_sha256(place), bytes=place.stat().st_size, runtime=known.runtime) if changed else known


def _golden(bundle: Bundle, *, golden_from_data: bool) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The golden cases that stay, each a line and where its text is from, and a note where some could not be made."""
    with agent_errors():
        cases = [(line, _origin(line)) for _, line in golden_lines(bundle)]
    kept = [case for case in cases if golden_from_data or case[1] != "data"]
    notes: tuple[str, ...] = ()
    if len(kept) < len(cases) and not any(origin == "vocabulary" for _, origin in kept):
        # one that is a row as well is not given back
        known = {_text(line) for line, _ in cases}
        with agent_errors():
            try:
                kept += [(line, _origin(line)) for line in made_cases(bundle) if _text(line) not in known]
            except RuntimeMissing as missing:
                notes = (f"no golden texts were made from the vocabulary: {missing.message} ({missing.advice})",)
    if not kept:
        why = f"; {notes[0]}" if notes else ""
        raise UsageError(
            f"all golden texts of {bundle.folder} may be rows of data, so that a package would hold none{why}",
            advice="export the bundle again, which adds some made from its vocabulary, or give --golden-from-data",
        )
    return kept, notes


def _text(line: str) -> object:
    return json.loads(line).get("text")


def _origin(line: str) -> str:
    row = json.loads(line)
    return str(row.get("origin") or ("fixed" if row.get("text") in _FIXED and not row.get("text_pair") else "data"))


def _link(source: Path, place: Path) -> None:
    """The same file under another name, or a copy where the disk has no such names."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
