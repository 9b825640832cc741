"""The README's computed parts are those of this tree."""

from __future__ import annotations

import subprocess
import sys


def test_computed_tables_are_fresh(request):
    words = [sys.executable, "-m", "cogapp", "--check", "--diff", "README.md"]
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=request.config.rootpath)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}\nrefresh it: cog -r README.md"
