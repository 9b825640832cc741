"""The command `edgekit`: it says so where the package that Python imports by that name is another project's."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path

# how this project's own begins
_BEGINS = '"""edgekit: compress text models'


def main() -> None:
    """Run the command line; exit code 2 and one sentence where another project's `edgekit` hides it."""
    check_import()
    from edgekit.cli import main as run

    run()


def check_import() -> None:
    """Exit with one sentence unless `import edgekit` finds this project; nothing of another's is run."""
    found = importlib.util.find_spec("edgekit")
    path = Path(found.origin) if found is not None and found.origin is not None else None
    if path is not None and path.read_text(encoding="utf-8", errors="replace").startswith(_BEGINS):
        return
    python = shlex.quote(sys.executable or "python3")
    what = f"the package edgekit at {path.parent}" if path is not None else "what Python imports as edgekit"
    sys.stderr.write(
        f"error: {what} is another project's, which has that name on the public index, and hides this one\n"
        f"  {python} -m pip uninstall edgekit, then install edgekit-deploy again\n"
    )
    sys.exit(2)
