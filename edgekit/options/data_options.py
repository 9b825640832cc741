"""Which data a stage reads: the embedded set, files and the columns in them, or a set of the Hugging Face hub."""

from __future__ import annotations

import difflib
import itertools
import re
from pathlib import Path
from typing import Any, Literal, Self

import pydantic

from edgekit.errors import NotFoundError, UsageError, quoted, unknown_name
from edgekit.schema.base_model import Strict

EMBEDDED = "smart-home"
SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
FileFormat = Literal["tsv", "csv", "jsonl", "json", "parquet", "lines"]
FILE_FORMATS: dict[str, FileFormat] = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
# what a document of a language model's text is
Documents = Literal["file", "blank-line", "line"]
# separators that have a name on a command line
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
# endings that say nothing of the format: TREC.train, msr_paraphrase_train.txt
BARE = (".txt", ".train", ".valid", ".val", ".dev", ".test")

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?(:[^/:]+)?", re.ASCII)
# a part of a split, as the hub stores it: train-00000-of-00004.parquet
_SHARD = re.compile(r"-\d{5}-of-\d{5}")


class DataSpec(Strict):
    """The embedded data set by `name`, a file for each split with its column names, or a hub id.

    Without validation rows a tenth of the training rows is carved off, always the same tenth.
    Columns left out are found by their usual names.
    columns:     names of the columns, for files without a header
    separator:   between the columns of a CSV or TSV file, one character or its name
    label_names: what labels that are numbers from 0 on are called
    documents:   what a document of a language model's `.txt` is: the file, what stands between blank lines, or a line
    hub:         `owner/name` or `name`, with `:config` behind it; or a local folder in the hub's layout, or as
                 `save_to_disk` of `datasets` writes it
    """

    name: str | None = None
    train: Path | None = None
    validation: Path | None = None
    test: Path | None = None
    hub: str | None = None
    text: str | None = None
    text_pair: str | None = None
    label: str | None = None
    columns: tuple[str, ...] | None = pydantic.Field(default=None, min_length=1)
    label_names: tuple[str, ...] | None = pydantic.Field(default=None, min_length=2)
    separator: str | None = None
    documents: Documents | None = None
    format: FileFormat | None = None
    encoding: str | None = None
    skip_bad_rows: bool = False
    _folder: Path | None = pydantic.PrivateAttr(default=None)

    @pydantic.field_validator("separator")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        found = _SEPARATORS.get(value.casefold(), value) if value is not None else None
        if found is not None and (len(found) != 1 or found in '\r\n"'):
            raise ValueError(f"{found!r} is not one character that can part columns: as ; or | or tab")
        return found

    @pydantic.field_validator("label_names")
    @classmethod
    def _different_names(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and (len(set(value)) < len(value) or not all(value)):
            raise ValueError("each label needs a name of its own")
        return value

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> Self:
        files = self.train or self.validation or self.test
        if self.name is None and not files and not self.hub:
            raise ValueError(f"name a data set ({EMBEDDED}), give files (train, validation, test), or a hub id (hub)")
        if self.name == EMBEDDED and self.model_dump(exclude_defaults=True) != {"name": EMBEDDED}:
            raise ValueError(f"{EMBEDDED} is the data set that ships with edgekit: it takes no files and no columns")
        own = files or self.columns or self.format or self.encoding or self.separator or self.documents
        if self.hub and own:
            raise ValueError(
                "a data set of the hub has splits, columns and an encoding of its own: leave out such options"
            )
        if self.separator and self.format not in (None, "tsv", "csv"):
            raise ValueError(f"separator is for tables of text, and {self.format} is none")
        return self

    @property
    def embedded(self) -> bool:
        """Whether this is the data set that ships with edgekit."""
        return not (self.train or self.validation or self.test or self.hub)

    @property
    def folder(self) -> Path | None:
        """The folder that was given for the files in it."""
        return self._folder

    def changed(self, options: dict[str, Any]) -> Self:
        """With other values of some fields, by the words of the command line; `UsageError` where they do not fit."""
        found = self.from_flags(self.model_dump(exclude_defaults=True) | options)
        found._folder = self._folder
        return found

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The embedded name, a folder with train/validation/test files, one file, taken as test rows, or a hub id.

        Raises `NotFoundError` or `UsageError` for what is none of these.
        """
        if text == EMBEDDED:
            return cls(name=EMBEDDED)
        path = Path(text)
        folder, _, config = text.rpartition(":")
        try:
            path.exists()
        except OSError as error:
            raise NotFoundError(f"data {quoted(text)} cannot be looked for: {error.strerror}") from None
        if path.is_dir():
            return cls._from_folder(path)
        if path.is_file():
            return cls(name=_name(path.stem), test=path)
        if config and folder and Path(folder).is_dir():
            return cls(name=_name(Path(folder).name), hub=text)
        if path.suffix.lower() in (*FILE_FORMATS, *BARE) or not _HUB_ID.fullmatch(text) or text.startswith("."):
            raise NotFoundError(
                f"data {text!r} does not exist", advice="give a file, a folder with train and test, or a hub id"
            )
        if difflib.get_close_matches(text, [EMBEDDED], cutoff=0.7):
            raise unknown_name("data set", text, [EMBEDDED])
        return cls(name=text, hub=text)

    @classmethod
    def _from_folder(cls, folder: Path) -> Self:
        files = _find_splits(folder)
        if files:
            found = cls.parse({"name": _name(folder.resolve().name)} | files, f"data {str(folder)!r}")
            found._folder = folder
            return found
        check_no_texts(folder)
        published = (folder / "README.md").is_file() or any(folder.rglob("*.parquet")) or (folder / "data").is_dir()
        if published or is_saved(folder):
            return cls(name=_name(folder.resolve().name), hub=str(folder))
        raise NotFoundError(f"{folder} holds no train, validation or test file ({', '.join((*FILE_FORMATS, *BARE))})")


def is_saved(folder: Path) -> bool:
    """Whether a folder was written by `save_to_disk` of the library `datasets`."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))


def _name(own: str) -> str | None:
    """What a folder or file is called, unless that is the name of the embedded set."""
    return None if own == EMBEDDED else own


def _find_splits(folder: Path) -> dict[str, Path]:
    """The file of each split: `train.tsv` and its like, else the one file in whose name the split's name is a word."""
    files = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    found: dict[str, Path] = {}
    for split, names in SPLIT_NAMES.items():
        usual = [files[name] for start in names for suffix in FILE_FORMATS if (name := f"{start}{suffix}") in files]
        if usual:
            found[split] = _only(folder, split, usual)
    if found:
        return found
    for split, names in SPLIT_NAMES.items():
        named = [path for path in files.values() if _is_called(path, names)]
        if named:
            found[split] = _only(folder, split, named)
    return found


def check_no_texts(folder: Path) -> None:
    """Raise `UsageError` for a folder that holds a text a file, in a folder a label."""
    if labels := _folders_of_texts(folder):
        shown = ", ".join(labels[:3])
        raise UsageError(
            f"{folder} holds a text a file, in folders called as labels ({shown}): rows are read from one file",
            advice='write a line {"text": ..., "label": "' + labels[0] + '"} for each of them into train.jsonl',
        )


def _folders_of_texts(folder: Path) -> list[str]:
    """The labels of a folder that holds a text a file in a folder a label, or such a folder for each split."""
    splits = [folder / name for names in SPLIT_NAMES.values() for name in names if (folder / name).is_dir()]
    for place in (*splits, folder):
        found = [each for each in sorted(place.iterdir()) if each.is_dir() and _holds_texts(each)]
        if len(found) > 1:
            return [each.name for each in found]
    return []


def _holds_texts(folder: Path) -> bool:
    """Whether a folder holds more than one file, and text files alone as far as one looks."""
    some = list(itertools.islice((path for path in folder.iterdir() if path.is_file()), 20))
    return len(some) > 1 and all(path.suffix.lower() in (".txt", "") for path in some)


def _only(folder: Path, split: str, paths: list[Path]) -> Path:
    """The one file of a split, or `UsageError` that names them all."""
    if len(paths) > 1:
        listed = ", ".join(path.name for path in paths)
        raise UsageError(
            f"{folder} holds several {split} files: {listed}",
            advice="leave one, or name the files and no folder: --train FILE ...",
        )
    return paths[0]


def _is_called(path: Path, names: tuple[str, ...]) -> bool:
    words = re.split(r"[._\- ]+", path.name.lower())
    readable = path.suffix.lower() in (*FILE_FORMATS, *BARE) and not _SHARD.search(path.name)
    return readable and any(name in words for name in names)
