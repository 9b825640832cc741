"""A tokenizer from a folder of its own, whole as transformers saves one or only the vocabulary as it was published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.agent.inference.tokenizer import is_fault
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import NotFoundError, UsageError
from edgekit.models.token_types import give_inputs
from edgekit.models.tokenizer.saved_tokenizer import open_saved
from edgekit.models.transformers_release import release


def open_tokenizer(folder: Path, inputs: Sequence[str], max_length: int) -> Tokenizer:
    """The fast tokenizer in `folder`, giving `inputs` and at most `max_length` tokens.

    folder: a checkpoint or what `save_pretrained` writes; or `vocab.txt` (WordPiece; cased if it holds a capital
    letter outside brackets), `vocab.json` with `merges.txt` (byte-level BPE), or `spiece.model` (Unigram, ALBERT's)
    Raises `NotFoundError`, or `UsageError` where nothing in it is a tokenizer.
    """
    if not folder.is_dir():
        raise NotFoundError(f"tokenizer {str(folder)!r} is no folder", advice="give the folder of a tokenizer")
    try:
        tokenizer = _read(folder)
    except UsageError:
        raise
    except BaseException as error:  # transformers raises anything at all on files that are not as it wrote them
        if not is_fault(error):
            raise
        raise UsageError(f"{folder}: no usable tokenizer: {' '.join(str(error).split())[:300]}") from error
    give_inputs(tokenizer, inputs)
    tokenizer.model_max_length = min(max_length, int(tokenizer.model_max_length))
    return tokenizer


def _read(folder: Path) -> Tokenizer:
    import transformers

    tokenizer: Tokenizer
    names = {path.name for path in folder.iterdir()}
    if names & {"tokenizer.json", "tokenizer_config.json", "config.json"}:
        tokenizer = open_saved(folder)
    elif "vocab.txt" in names:
        lower = not _is_cased(folder / "vocab.txt")
        tokenizer = _of_files(transformers.BertTokenizerFast, folder, vocab_file="vocab.txt", do_lower_case=lower)
    elif {"vocab.json", "merges.txt"} <= names:
        files = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
        tokenizer = _of_files(transformers.GPT2TokenizerFast, folder, **files)
    elif "spiece.model" in names:
        tokenizer = _of_files(transformers.AlbertTokenizerFast, folder, vocab_file="spiece.model")
    else:
        raise UsageError(
            f"{folder}: no usable tokenizer: it holds none of tokenizer.json, vocab.txt, "
            "vocab.json with merges.txt, spiece.model"
        )
    return tokenizer


def _of_files(kind: Any, folder: Path, **arguments: Any) -> Tokenizer:
    """A tokenizer of this class made of the files in `folder` that its arguments name; release 5 finds them."""
    files = {name: str(folder / value) for name, value in arguments.items() if name.endswith("_file")}
    others = {name: value for name, value in arguments.items() if name not in files}
    tokenizer: Tokenizer = kind.from_pretrained(folder, **others) if release() >= 5 else kind(**files, **others)
    return tokenizer


def _is_cased(vocabulary: Path) -> bool:
    pieces = vocabulary.read_text(encoding="utf-8").split()
    return any(piece != piece.lower() for piece in pieces if not piece.startswith("["))
