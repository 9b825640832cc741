"""The modules of a web package as CommonJS, for `require` and for test runners that know nothing else, as Jest."""

from __future__ import annotations

import re
from pathlib import Path

# what the modules of the package are written in: nothing else of `import` and `export` is known here
_NAMED = re.compile(r'^import \{([^}]*)\}\s+from ("[^"]+");$', re.MULTILINE)
_WHOLE = re.compile(r'^import \* as (\w+) from ("[^"]+");$', re.MULTILINE)
_AGAIN = re.compile(r'^export \{ (\w+) \}\s+from ("[^"]+");$', re.MULTILINE)
_DECLARED = re.compile(
    r"^export ((?:const \{ (?P<several>[^}]*) \}|(?:const|class|function|async function) (?P<one>\w+)).*)$",
    re.MULTILINE,
)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def write_commonjs(modules: Path, entry: str, folder: Path) -> None:
    """Write `entry` of the folder `modules`, and every module that it imports, into `folder`, under the same names.

    What lies in `folder` already stays as it is: the modules that differ. Raises `ValueError` for an import or export
    of a form that is not known.
    """
    waiting, seen = [entry], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = (modules / name).read_text(encoding="utf-8")
        place = folder / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(as_commonjs(text), encoding="utf-8")
            imported = re.findall(r'^(?:import|export)\b[^"]*"(\.[^"]+)";$', text, re.MULTILINE)
            waiting += [
                (modules / name).parent.joinpath(each).resolve().relative_to(modules.resolve()).as_posix()
                for each in imported
            ]


def as_commonjs(text: str) -> str:
    """An ES module as a CommonJS one. Raises `ValueError` for an import or export of a form that is not known."""
    names: list[str] = []

    def declared(match: re.Match[str]) -> str:
        names.extend([match["one"]] if match["one"] else match["several"].split(", "))
        return match[1]

    text = _NAMED.sub(lambda match: f"const {{{match[1].replace(' as ', ': ')}}} = require({match[2]});", text)
    text = _WHOLE.sub(r"const \1 = require(\2);", text)
    text = _AGAIN.sub(r"exports.\1 = require(\2).\1;", text)
    text = _DECLARED.sub(declared, text)
    if left := _LEFT.search(text):
        raise ValueError(f"no CommonJS is known for {left[0]}")
    return '"use strict";\n' + text + "".join(f"exports.{name} = {name};\n" for name in names)
