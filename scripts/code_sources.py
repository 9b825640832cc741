"""edgekit's sources as syntax trees: its Python files, and which imports which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PACKAGE = "edgekit"
# what is copied into packages for other platforms is not the house's own
_LEFT_OUT = {"templates", "stubs"}


@dataclass(frozen=True, eq=False)
class Source:
    """One Python file."""

    path: PurePosixPath
    lines: int
    tree: ast.Module

    @property
    def module(self) -> str:
        """`edgekit.io.disk` for edgekit/io/disk.py, `edgekit.io` for edgekit/io/__init__.py."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def package(self) -> str:
        """What its relative imports start from."""
        return ".".join(self.path.parent.parts)


@dataclass(frozen=True)
class Import:
    """One file imports another; `late` if only inside a function or under `if TYPE_CHECKING`."""

    importer: PurePosixPath
    imported: PurePosixPath
    late: bool


def read_sources(root: Path) -> list[Source]:
    """The package's files below `root`, by their paths; raises SyntaxError for a file that is no Python."""
    found = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        if not _LEFT_OUT.intersection(relative.parent.parts):
            text = path.read_text(encoding="utf-8")
            found.append(Source(relative, len(text.splitlines()), ast.parse(text, str(path))))
    return found


def imports_of(sources: list[Source]) -> list[Import]:
    """Who imports whom within the package, each pair once; an import that runs with the file wins over a late one."""
    files = {source.module: source.path for source in sources}
    found: dict[tuple[PurePosixPath, PurePosixPath], bool] = {}
    for source in sources:
        for node, late in _import_statements(source.tree, late=False):
            for name in _modules(node, source.package, files):
                pair = (source.path, files[name])
                if pair[0] != pair[1]:
                    found[pair] = found.get(pair, True) and late
    return [Import(importer, imported, late) for (importer, imported), late in found.items()]


def _import_statements(node: ast.AST, *, late: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, late
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            for part in child.body:
                yield from _import_statements(ast.Module([part], []), late=True)
            for part in child.orelse:
                yield from _import_statements(ast.Module([part], []), late=late)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _import_statements(child, late=late or inside)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _modules(node: ast.Import | ast.ImportFrom, package: str, files: dict[str, PurePosixPath]) -> Iterator[str]:
    """The modules that a statement names: `from folder import name` means a file in it, or its `__init__`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in files)
        return
    base = node.module or ""
    if node.level:
        start = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*start, *([node.module] if node.module else [])])
    for alias in node.names:
        named = f"{base}.{alias.name}"
        if named in files:
            yield named
        elif base in files:
            yield base


def mutual_pairs(edges: set[tuple[PurePosixPath, PurePosixPath]]) -> list[tuple[PurePosixPath, PurePosixPath]]:
    """Those that import each other, each pair once."""
    return sorted((a, b) for a, b in edges if a < b and (b, a) in edges)


def circles(edges: set[tuple[PurePosixPath, PurePosixPath]]) -> list[list[PurePosixPath]]:
    """The strongly connected components of more than one file: each of them is reached from each other one."""
    following: dict[PurePosixPath, set[PurePosixPath]] = {}
    for importer, imported in edges:
        following.setdefault(importer, set()).add(imported)
    reached = {start: _reached(start, following) for start in following}
    groups = {
        tuple(sorted(other for other in reached[start] if start in reached.get(other, ())))
        for start in following
        if start in reached[start]
    }
    return [list(group) for group in sorted(groups)]


def _reached(start: PurePosixPath, following: dict[PurePosixPath, set[PurePosixPath]]) -> set[PurePosixPath]:
    reached: set[PurePosixPath] = set()
    ahead = [start]
    while ahead:
        for file in following.get(ahead.pop(), set()) - reached:
            reached.add(file)
            ahead.append(file)
    return reached


def folder_pairs(edges: set[tuple[PurePosixPath, PurePosixPath]]) -> list[tuple[PurePosixPath, PurePosixPath]]:
    """Folders that import each other; a folder and one inside it are at home together and do not count."""
    folders = {(a.parent, b.parent) for a, b in edges}
    return mutual_pairs({(a, b) for a, b in folders if not a.is_relative_to(b) and not b.is_relative_to(a)})
