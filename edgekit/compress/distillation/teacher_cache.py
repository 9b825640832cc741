"""What a teacher answers to the rows, cached in files that are mapped into memory: it is asked once, however often.

A file is named by the hash of the teacher's weights and of the tokens it was asked about, so that another teacher,
tokenizer or row is never answered for. What is not yet known is NaN in it: an interrupted teacher goes on at the batch
where it stopped, and as batches are the same each time, it says the same.

Logits are float32 [rows, labels]. Of a language model the k most probable tokens of each place are kept: float16
log-probabilities and int32 ids [blocks, length, k], 6 bytes for each instead of 4 for each token of the vocabulary.
Hidden states and relations are not kept: a row of them is larger than the row's texts by thousands.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import dtype_to_descr, open_memmap, write_array_header_1_0
from numpy.typing import DTypeLike, NDArray

from edgekit.compress.training.distributed import is_main, wait_for_all
from edgekit.data.ragged import Ragged
from edgekit.io.atomic import write_text
from edgekit.io.hashing import file_sha256
from edgekit.models.loaded_model import LoadedModel

# values that are written at once
_PIECE = 1 << 20


def cache_name(teacher: LoadedModel, rows: Sequence[NDArray[np.int32]] | Ragged | NDArray[np.int32]) -> str:
    """The name of a teacher's answers to rows of token ids [rows][length]: a hash of its weights and of the ids."""
    digest = hashlib.sha256()
    for name, value in sorted(teacher.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)}\0".encode())
        digest.update(value.detach().cpu().contiguous().float().numpy().data)
    for row in range(len(rows)):
        ids = rows[row]
        digest.update(len(ids).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(ids, dtype=np.int32).data)
    return digest.hexdigest()[:16]


def cached_arrays(
    folder: Path, name: str, arrays: Mapping[str, tuple[tuple[int, ...], DTypeLike]], fill: Callable[..., None]
) -> list[NDArray[Any]]:
    """Arrays [rows, ...] in files of `folder`, mapped into memory and filled.

    arrays: the shape and the type of values of each, the first of which `fill` must leave without NaN
    fill:   is given all of them, the first holding NaN wherever it has not been written yet
    The main process fills them, the others wait.
    """
    paths = {part: folder / f"teacher-{name}-{part}.npy" for part in arrays}
    complete = folder / f"teacher-{name}.complete"
    if is_main() and not _is_complete(complete, paths.values()):
        folder.mkdir(parents=True, exist_ok=True)
        opened = [_opened(path, *arrays[part]) for part, path in paths.items()]
        fill(*opened)
        for array in opened:
            array.flush()
        write_text(complete, json.dumps({path.name: file_sha256(path) for path in paths.values()}) + "\n")
    wait_for_all()
    return [np.load(path, mmap_mode="r", allow_pickle=False) for path in paths.values()]


def _is_complete(complete: Path, arrays: Collection[Path]) -> bool:
    """Whether all arrays are as they were when the last answer was in; of damaged ones not one answer is kept."""
    if not complete.is_file():
        return False
    try:
        sealed = json.loads(complete.read_bytes())
    except ValueError:
        sealed = None
    if sealed == {path.name: file_sha256(path) for path in arrays if path.is_file()}:
        return True
    for path in (complete, *arrays):
        path.unlink(missing_ok=True)
    return False


def _opened(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap[Any, Any]:
    """The array as an interruption left it, or a new one full of NaN, or of zeros if it holds whole numbers."""
    if not _holds(path, shape, np.dtype(dtype)):
        temporary = path.with_name(f".{path.name}")
        try:
            _write_blank(temporary, shape, np.dtype(dtype))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return open_memmap(path, mode="r+")


def _holds(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Whether the file is an array of this shape and type."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return bool(array.shape == shape and array.dtype == dtype)


def _write_blank(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Every byte is written: a full disk is an error here, and the end of the process where a map runs into it."""
    blank = np.full(_PIECE, np.nan if np.issubdtype(dtype, np.floating) else 0, dtype=dtype)
    left = math.prod(shape)
    with path.open("wb") as file:
        header = {"descr": dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        write_array_header_1_0(file, header)
        while left:
            file.write(blank[: min(left, _PIECE)].data)
            left -= min(left, _PIECE)
        file.flush()
        os.fsync(file.fileno())
