"""How readable the house is, in numbers: sizes, signatures, docstrings, who imports whom, names compared as strings.

    .venv/bin/python scripts/code_counts.py                 # this checkout
    .venv/bin/python scripts/code_counts.py ../before       # another one, to compare with
    .venv/bin/python scripts/code_counts.py --json

Functions count with their docstrings and without their decorators, methods and functions inside others too. Imports
inside functions and under TYPE_CHECKING are late: they close a circle that Python does not run into.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from code_functions import Function, functions_of
from code_sources import Source, circles, folder_pairs, imports_of, mutual_pairs, read_sources

ROOT = Path(__file__).parents[1]
LONG_FILE, LONG_FUNCTION, SMALL_FILE, MOST_PARAMETERS = 400, 60, 60, 7
_FLAT = 5
TASKS = {"text-classification", "text-generation"}
TASK_NAMES = {"CLASSIFICATION", "GENERATION"}
# what is asked of a task, or of what knows its task, to do one thing or another
TASK_QUESTIONS = {"generates", "is_decoder"}
FORMATS = {"onnx", "tflite", "onnxruntime", "ai-edge-litert", "tflite-runtime"}

Value = int | float | list[str]
Counts = dict[str, dict[str, Value]]


def main() -> None:
    """Print the counts of one tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the checkout that holds edgekit/")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("--short", action="store_true", help="leave out the names of what is counted")
    given = parser.parse_args()
    if not (given.root / "edgekit").is_dir():
        parser.error(f"{given.root} holds no folder edgekit")
    counts = count(given.root)
    print(json.dumps(counts, indent=1) if given.json else table(counts, named=not given.short))


def count(root: Path) -> Counts:
    """All counts of the tree at `root`, by section; a list names what is counted. Raises SyntaxError."""
    sources = read_sources(root)
    functions = [(source, function) for source in sources for function in functions_of(source.tree)]
    return {
        "files": _files(sources),
        "functions": _functions(functions),
        "docstrings": _docstrings([found for found in functions if found[1].public]),
        "imports": _imports(sources),
        "names as strings": _names_compared(sources),
    }


def _files(sources: list[Source]) -> dict[str, Value]:
    flat = Counter(str(source.path.parent) for source in sources if source.path.name != "__init__.py")
    fullest = sorted(flat.items(), key=lambda item: (-item[1], item[0]))[:_FLAT]
    longest = sorted((source for source in sources if source.lines > LONG_FILE), key=lambda source: -source.lines)
    return {
        "Python files": len(sources),
        "lines": sum(source.lines for source in sources),
        f"over {LONG_FILE} lines": [f"{source.path} ({source.lines})" for source in longest],
        "folders with most files, flat": [f"{folder} ({files})" for folder, files in fullest],
    }


def _functions(functions: list[tuple[Source, Function]]) -> dict[str, Value]:
    lines = sorted(function.lines for _, function in functions)
    long = [found for found in functions if found[1].lines > LONG_FUNCTION]
    wide = [found for found in functions if len(found[1].parameters) > MOST_PARAMETERS and not found[1].is_callback]
    return {
        "functions": len(lines),
        "median lines": statistics.median(lines) if lines else 0,
        "90th percentile of lines": lines[math.ceil(0.9 * len(lines)) - 1] if lines else 0,
        f"over {LONG_FUNCTION} lines": [f"{_place(*found)} ({found[1].lines})" for found in long],
        f"over {MOST_PARAMETERS} parameters, no Click callbacks": [
            f"{_place(*found)} ({len(found[1].parameters)})" for found in wide
        ],
        "whose signature holds Any": sum(function.holds_any for _, function in functions),
    }


def _place(source: Source, function: Function) -> str:
    return f"{source.path}:{function.node.lineno} {function.node.name}"


def _docstrings(public: list[tuple[Source, Function]]) -> dict[str, Value]:
    # the docstring of a Click callback is its help
    raising = [found for found in public if found[1].raised and not found[1].is_callback]
    of_arrays = [found for found in public if found[1].is_of_arrays]
    return {
        "public functions": len(public),
        "with a docstring": sum(bool(function.docstring) for _, function in public),
        "that raise": len(raising),
        "that raise and name no error": [_place(*found) for found in raising if not found[1].says_raised],
        "of arrays": len(of_arrays),
        "of arrays without a shape": [_place(*found) for found in of_arrays if not found[1].says_shape],
    }


def _imports(sources: list[Source]) -> dict[str, Value]:
    imports = imports_of(sources)
    importers = Counter(found.imported for found in imports)
    small = [source for source in sources if source.lines < SMALL_FILE and not source.path.name.startswith("__")]
    counts: dict[str, Value] = {
        f"under {SMALL_FILE} lines, imported by one": [str(file.path) for file in small if importers[file.path] == 1]
    }
    for end, late_too in (("", False), (", late imports too", True)):
        edges = {(found.importer, found.imported) for found in imports if late_too or not found.late}
        counts[f"pairs of files{end}"] = _joined(mutual_pairs(edges), " <-> ")
        counts[f"circles of files{end}"] = _joined(circles(edges), " ")
        counts[f"pairs of folders{end}"] = _joined(folder_pairs(edges), " <-> ")
    return counts


def _joined(groups: Sequence[Sequence[PurePosixPath]], by: str) -> list[str]:
    return [by.join(map(str, group)) for group in groups]


def _names_compared(sources: list[Source]) -> dict[str, Value]:
    found = {what: list[str]() for what in ("name a task", "compare a task", "name a format", "compare a format")}
    for source in sources:
        named, compared = list(ast.walk(source.tree)), list(_operands(source.tree))
        asks = any(_mentions(node, names=TASK_QUESTIONS) for node in named)
        compares = asks or any(_is_task(node) or _mentions(node, names={"task"}) for node in compared)
        for what, holds in (
            ("name a task", compares or any(map(_is_task, named))),
            ("compare a task", compares),
            ("name a format", any(_is_text(node, FORMATS) for node in named)),
            ("compare a format", any(_is_text(node, FORMATS) for node in compared)),
        ):
            found[what] += [str(source.path)] * holds
    return {f"files that {what}{' or runtime' * ('format' in what)}": paths for what, paths in found.items()}


def _operands(tree: ast.AST) -> Iterator[ast.expr]:
    """What is compared by ==, !=, in or not in, each of a tuple's elements for itself, and what a `case` expects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.MatchValue):
            yield node.value
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            for side in (node.left, *node.comparators):
                yield from side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else (side,)


def _is_task(node: ast.AST) -> bool:
    constant = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in TASK_NAMES
    return constant or _is_text(node, TASKS)


def _is_text(node: ast.AST, texts: set[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in texts


def _mentions(node: ast.AST, names: set[str]) -> bool:
    """Whether it is an attribute of one of the names, or a call of a function so named."""
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return called in names or (isinstance(node, ast.Attribute) and node.attr in names)


def table(counts: Counts, *, named: bool = True) -> str:
    """The counts as aligned lines, each list by its length and, where `named`, its names below it."""
    width = max(len(what) for section in counts.values() for what in section)
    lines: list[str] = []
    for title, section in counts.items():
        lines += ["", title] if lines else [title]
        for what, value in section.items():
            shown = len(value) if isinstance(value, list) else value
            lines.append(f"  {what:<{width}}  {shown:>6,}")
            lines += [f"      {name}" for name in value] if named and isinstance(value, list) else []
    return "\n".join(lines)


if __name__ == "__main__":
    main()
