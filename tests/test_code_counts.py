"""`scripts/code_counts.py` on a tree small enough to count by hand."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "scripts" / "code_counts.py"

FILES = {
    "__init__.py": '"""The package."""\n',
    "cli/__init__.py": "",
    "cli/show.py": '''
import click
from edgekit.io import disk, table
from ..io.loader import load, mean


@click.option("--a")
def command(a, b, c, d, e, f, g, h):
    """Eight parameters, which are options."""
    if load(a).task == "x" and disk.kind(b) in ("onnx", "other"):
        raise ValueError("no")
''',
    "io/__init__.py": "",
    "io/disk.py": '''
"""A disk."""
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.io.loader import Loaded


class Disk:
    def write(self, a, b, c, d, e, *parts, f, g):
        """Eight without self.

        Raises: when it is full.
        """
        raise OSError("full")

    def __len__(self) -> int:
        return 0

    def _own(self, values: "dict[str, Any]") -> None:
        def inner():
            raise KeyError("not what _own raises")


def kind(of: "Loaded") -> list[Any]:
    raise error_for(of)
''',
    "io/loader.py": '''
from edgekit.io import disk

NAMES = {"text-generation": "decoder"}


class Loaded: ...


def load(path) -> "Loaded":
    from edgekit.cli import show
    return path


def mean(values: "np.ndarray", tensors: Tensor | None) -> Array:
    """Mean of [rows, hidden] over the rows, a list[int] is no shape."""


def total(values: NDArray[float], spec: TensorSpec) -> float:
    """In [0, 1]."""
'''
    + "\n" * 60,
    "io/table.py": "'''tflite, in a docstring'''\nFIRST = {'tflite': 1}\nGENERATION = ('rows',)\n",
    "packaging/web/templates/not_counted.py": "no Python",
}
LONG = "def long():\n" + "    pass\n" * 399 + "# the 401st line\n"


def _counts(root, *options):
    done = subprocess.run([sys.executable, SCRIPT, root, *options], capture_output=True, text=True, check=True)
    return done.stdout


def _tree(root):
    for name, text in {**FILES, "io/long.py": LONG}.items():
        path = root / "edgekit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_tree_counted_by_hand(tmp_path):
    _tree(tmp_path)

    found = json.loads(_counts(tmp_path, "--json"))

    files, functions, docstrings = found["files"], found["functions"], found["docstrings"]
    assert files["Python files"] == 8
    assert files["over 400 lines"] == ["edgekit/io/long.py (401)"]
    assert files["folders with most files, flat"] == ["edgekit/io (4)", "edgekit/cli (1)"]
    # command, write, __len__, _own, inner, kind, load, mean, total, long
    assert functions["functions"] == 10
    # 4, 6, 2, 3, 2, 2, 3, 2, 2, 400
    assert (functions["median lines"], functions["90th percentile of lines"]) == (2.5, 6)
    assert functions["over 60 lines"] == ["edgekit/io/long.py:1 long (400)"]
    assert functions["over 7 parameters, no Click callbacks"] == ["edgekit/io/disk.py:10 write (8)"]
    assert functions["whose signature holds Any"] == 2
    assert docstrings == {
        "public functions": 7,
        "with a docstring": 4,
        "that raise": 2,
        "that raise and name no error": ["edgekit/io/disk.py:25 kind"],
        "of arrays": 2,
        "of arrays without a shape": ["edgekit/io/loader.py:19 total"],
    }


def test_who_imports_whom_and_which_names_are_strings(tmp_path):
    _tree(tmp_path)

    found = json.loads(_counts(tmp_path, "--json"))

    assert found["imports"] == {
        "under 60 lines, imported by one": ["edgekit/cli/show.py", "edgekit/io/table.py"],
        "pairs of files": [],
        "circles of files": [],
        "pairs of folders": [],
        "pairs of files, late imports too": [
            "edgekit/cli/show.py <-> edgekit/io/loader.py",
            "edgekit/io/disk.py <-> edgekit/io/loader.py",
        ],
        "circles of files, late imports too": ["edgekit/cli/show.py edgekit/io/disk.py edgekit/io/loader.py"],
        "pairs of folders, late imports too": ["edgekit/cli <-> edgekit/io"],
    }
    assert found["names as strings"] == {
        "files that name a task": ["edgekit/cli/show.py", "edgekit/io/loader.py"],
        "files that compare a task": ["edgekit/cli/show.py"],
        "files that name a format or runtime": ["edgekit/cli/show.py", "edgekit/io/table.py"],
        "files that compare a format or runtime": ["edgekit/cli/show.py"],
    }


def test_the_table_is_aligned_and_names_what_it_counts(tmp_path):
    _tree(tmp_path)

    short, full = _counts(tmp_path, "--short").splitlines(), _counts(tmp_path).splitlines()

    assert len({len(line) for line in short if line.startswith(" ")}) == 1
    assert "      edgekit/io/long.py (401)" in full
    assert [line for line in full if not line.startswith("      ")] == short
