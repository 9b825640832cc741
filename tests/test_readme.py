"""README and guides: their computed parts are those of this tree, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDES = sorted((ROOT / "edgekit" / "guides").glob("*.md"))
FRONT = [ROOT / "README.md", *ROOT.glob("README.zh-CN.md")]
LONGEST_FRONT_PAGE = 10_240


def test_computed_tables_are_fresh():
    files = [str(path.relative_to(ROOT)) for path in [*FRONT, *GUIDES]]
    words = [sys.executable, "-m", "cogapp", "--check", "--diff", *files]
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}\nrefresh them: cog -r {' '.join(files)}"


@pytest.mark.parametrize("page", FRONT, ids=lambda path: path.name)
def test_the_front_page_is_short(page):
    assert page.stat().st_size <= LONGEST_FRONT_PAGE


@pytest.mark.parametrize("page", [*FRONT, *GUIDES], ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(page):
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        file = (page.parent / target) if target else page
        assert file.exists(), f"{page.name}: {target}"
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {_anchor(heading) for heading in headings}, f"{page.name}: {target}#{anchor}"


def test_both_front_pages_have_the_same_commands():
    english, chinese = (_commands(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


def test_the_index_has_every_guide():
    index = (ROOT / "edgekit" / "guides" / "README.md").read_text()
    assert sorted(re.findall(r"\((.+\.md)\)", index)) == [path.name for path in GUIDES if path.name != "README.md"]


def _commands(page: Path) -> list[str]:
    """Every line of its command blocks, without comments."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line.split("  #")[0].rstrip() for block in blocks for line in block.splitlines()]


def _anchor(heading: str) -> str:
    """The one that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
