"""`[BUNDLE] TEXT`, as commands take it that try a model: a path is never a text, and what is piped is."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from edgekit.bundle.manifest import is_bundle
from edgekit.cli.options import default_model
from edgekit.errors import NotFoundError, UsageError

STDIN = "-"


def bundle_and_text(words: tuple[str, ...], noun: str) -> tuple[Path, str | None]:
    """The bundle, by default the newest run's, and the text; None for the text that standard input holds.

    noun: what the text is called, as `prompt`
    Raises `UsageError` for a path where a text should stand, and where there is no text on a terminal.
    """
    if len(words) > 2:
        raise click.UsageError(f"give one {noun}, in quotes, or - for that of standard input")
    if len(words) == 2:
        _check_order(*words, noun)
        return Path(words[0]), None if words[1] == STDIN else words[1]
    if words and words[0] != STDIN and not _is_path(words[0], noun):
        return default_model("bundle"), words[0]
    bundle = Path(words[0]) if words and words[0] != STDIN else default_model("bundle")
    if STDIN not in words and sys.stdin.isatty():
        raise UsageError(f"no {noun} was given", advice=f"give it in quotes behind the bundle, or pipe the {noun}")
    return bundle, None


def _is_path(word: str, noun: str) -> bool:
    """Whether a word that stands alone is a bundle; `UsageError` for another path, which would be read as a text."""
    path = Path(word)
    if is_bundle(path):
        return True
    meant = f"to take it as a {noun}, name the bundle as well: BUNDLE {shlex.quote(word)}"
    if word and os.path.lexists(path):
        kind = "folder" if path.is_dir() else "file"
        raise UsageError(f"{word} is a {kind}, and neither a bundle nor a {noun}", advice=meant)
    if os.sep in word and not any(map(str.isspace, word)):
        raise NotFoundError(f"there is no bundle at {word}", advice=meant)
    return False


def _check_order(bundle: str, text: str, noun: str) -> None:
    """Raise `UsageError` where a path stands in the text's place."""
    if not os.path.lexists(bundle) and text and is_bundle(Path(text)):
        raise UsageError(
            f"{text} is the bundle, and stands first", advice=f"{shlex.quote(text)} {shlex.quote(bundle)}"
        )
    if os.path.isfile(text):  # noqa: PTH113 - a text may be longer than a name can be, of which `Path` makes an error
        raise UsageError(
            f"{text} is a file, and no {noun}", advice=f"its lines: ... {shlex.quote(bundle)} < {shlex.quote(text)}"
        )
