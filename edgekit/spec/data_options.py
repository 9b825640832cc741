"""Which data a stage reads: the embedded set, or files and the columns in them."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pydantic

from edgekit.spec.errors import NotFoundError, unknown_name
from edgekit.spec.strict import Strict

EMBEDDED = "smart-home"
SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "dev"), "test": ("test",)}
SUFFIXES = (".tsv", ".csv", ".jsonl")


class DataSpec(Strict):
    """The embedded data set by `name`, or a file for each split with its column names.

    Without a validation file a tenth of the training rows is carved off, always the same tenth.
    Columns left out are found by their usual names.
    """

    name: str | None = None
    train: Path | None = None
    validation: Path | None = None
    test: Path | None = None
    text: str | None = None
    text_pair: str | None = None
    label: str | None = None

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.name is None and not (self.train or self.validation or self.test):
            raise ValueError(f"name a data set ({EMBEDDED}) or give files: train, validation, test")
        if self.name == EMBEDDED and (not self.embedded or self.text or self.text_pair or self.label):
            raise ValueError(f"{EMBEDDED} is the data set that ships with edgekit: it takes no files and no columns")
        return self

    @property
    def embedded(self) -> bool:
        """Whether this is the data set that ships with edgekit."""
        return not (self.train or self.validation or self.test)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The embedded name, a folder holding train/validation/test files, or one file, taken as test rows."""
        if text == EMBEDDED:
            return cls(name=EMBEDDED)
        path = Path(text)
        if path.is_dir():
            return cls.parse({"name": _name(path.name)} | _find_splits(path), f"data {text!r}")
        if path.is_file():
            return cls(name=_name(path.stem), test=path)
        if "/" in text or path.suffix.lower() in SUFFIXES:
            raise NotFoundError(f"data {text!r} does not exist", advice="give a file, or a folder with train and test")
        raise unknown_name("data set", text, [EMBEDDED])


def _name(own: str) -> str | None:
    """What a folder or file is called, unless that is the name of the embedded set."""
    return None if own == EMBEDDED else own


def _find_splits(folder: Path) -> dict[str, Path]:
    """The file of each split, by its usual names and endings in small letters or capitals."""
    files = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    found: dict[str, Path] = {}
    for split, names in SPLIT_NAMES.items():
        for name in (f"{name}{suffix}" for name in names for suffix in SUFFIXES):
            if name in files:
                found.setdefault(split, files[name])
    if not found:
        raise NotFoundError(f"{folder} holds no train, validation or test file ({', '.join(SUFFIXES)})")
    return found
