"""The functions of a syntax tree: how long, how many parameters, what their signature and their docstring say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef)
_ARRAY = re.compile(r"(Array|ndarray|Tensor)$")
# `[batch, hidden]` by itself: `list[int]` is a type, `[0, 1]` an interval
_SHAPE = re.compile(r"(?<!\w)\[(?=[^\]]*[A-Za-z])[\w\s.,+*/-]+\]")
_CLICK = {"command", "group", "option", "argument", "pass_context"}


@dataclass(frozen=True)
class Function:
    """One function; `public` if neither it nor what it stands in has a name of its own room."""

    node: Definition
    public: bool

    @property
    def lines(self) -> int:
        """From `def` to its last line, without decorators."""
        return (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1

    @property
    def docstring(self) -> str:
        """Its text, or nothing."""
        return ast.get_docstring(self.node) or ""

    @property
    def parameters(self) -> list[ast.arg]:
        """All of them, *args and **kwargs too, but not self and cls."""
        given = self.node.args
        named = [*given.posonlyargs, *given.args]
        if named and named[0].arg in ("self", "cls"):
            named = named[1:]
        return [*named, *filter(None, (given.vararg,)), *given.kwonlyargs, *filter(None, (given.kwarg,))]

    @property
    def is_callback(self) -> bool:
        """Whether its parameters are a command's options, so that Click counts them, not a caller."""
        return any(_is_of_click(decorator) for decorator in self.node.decorator_list)

    @property
    def holds_any(self) -> bool:
        """Whether `Any` stands in its signature, however nested."""
        return "Any" in self._annotated()

    @property
    def is_of_arrays(self) -> bool:
        """Whether it takes or gives arrays."""
        return any(_ARRAY.search(name) for name in self._annotated())

    @property
    def says_shape(self) -> bool:
        """Whether its docstring has a shape in brackets."""
        return bool(_SHAPE.search(self.docstring))

    @property
    def raised(self) -> set[str]:
        """The names of what its own body raises as `raise X(...)`, without the functions that are defined in it."""
        return {_last_name(raised.func) for raised in _raises(self.node.body)}

    @property
    def says_raised(self) -> bool:
        """Whether its docstring names one of them or another error, or has a section of its own."""
        names = "|".join(re.escape(name) for name in {"Raises", *self.raised} if name)
        return re.search(rf"\b({names}|[A-Z]\w*(Error|Missing|Failed|Input))\b", self.docstring) is not None

    def _annotated(self) -> set[str]:
        given = [parameter.annotation for parameter in self.parameters]
        return {name for annotation in (*given, self.node.returns) if annotation for name in _names(annotation)}


def functions_of(tree: ast.AST, *, public: bool = True) -> Iterator[Function]:
    """All functions and methods, those inside others too, in the order of the file."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _DEFINITION):
            yield Function(node, public and not node.name.startswith("_"))
            yield from functions_of(node, public=False)
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node, public=public and not node.name.startswith("_"))
        else:
            yield from functions_of(node, public=public)


def _names(annotation: ast.AST) -> Iterator[str]:
    """The names that an annotation mentions, in quotes or not; those inside `Literal[...]` are values."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield from _names(ast.parse(annotation.value.strip(), mode="eval").body)
    elif isinstance(annotation, ast.Name | ast.Attribute):
        yield _last_name(annotation)
    elif not (isinstance(annotation, ast.Subscript) and _last_name(annotation.value) == "Literal"):
        for part in ast.iter_child_nodes(annotation):
            yield from _names(part)


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_of_click(decorator: ast.expr) -> bool:
    name = _last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name in _CLICK or name == "options_of" or name.endswith(("_option", "_argument"))


def _raises(body: list[ast.stmt]) -> Iterator[ast.Call]:
    ahead: list[ast.AST] = list(body)
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node.exc
        if not isinstance(node, (*_DEFINITION, ast.ClassDef)):
            ahead.extend(ast.iter_child_nodes(node))
