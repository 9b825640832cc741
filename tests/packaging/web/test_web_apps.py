"""The README's lines for frameworks are those of the apps that `scripts/check_web_packages` builds."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
sys.path.append(str(SCRIPTS))

from web_apps.app import all_apps  # noqa: E402
from web_apps.packages import CLASSIFIER  # noqa: E402
from web_apps.table import table  # noqa: E402

README = Path(__file__).parents[3] / "edgekit" / "packaging" / "web" / "readme" / "frameworks.md"
RESULTS = SCRIPTS / "results" / "web_apps.json"
# the stand-in for a model is that of its labels: a test of READMEs runs each kind
MOCK = "labels: ["
TEXT = README.read_text(encoding="utf-8").replace("@@NAME@@", CLASSIFIER).replace("@@CLASS@@", "Classifier")
TEXT = TEXT.replace("@@MOCK@@", MOCK)
SECTIONS = re.findall(r"^### (.*)\n((?:(?!### ).*\n?)*)", TEXT, re.MULTILINE)
APPS = {app.title: app for app in all_apps().values()}


def apps_of(heading):
    """The apps that a section is about: "Vite 8.4, SvelteKit 3.2"."""
    titles = [re.sub(r" [\d.]+$", "", each) for each in heading.split(", ")]
    return [APPS[title] for title in titles if title in APPS]


def code_of(text):
    """Lines of code without indentation, commas at their ends and marks of a comment."""
    return [line.strip().removeprefix("// const classifier = await ").rstrip(",;") for line in text.splitlines()]


def files_of(app):
    return {
        str(path.relative_to(app.folder)): path.read_text("utf-8") for path in app.folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(("heading", "body"), SECTIONS, ids=[heading for heading, _ in SECTIONS])
def test_the_readmes_lines_are_those_that_were_built(heading, body):
    apps = apps_of(heading) or [APPS["Vite"]]
    for title, block in re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```', body, re.MULTILINE | re.DOTALL):
        whole = files_of(apps[0])[title]
        for line in filter(None, code_of(block)):
            assert any(line in each for each in code_of(whole)), f"{title} of {apps[0].name} has no {line}"
        for app in apps[1:]:
            sources = code_of("\n".join(files_of(app).values()))
            assert any(line in sources for line in code_of(block)), f"{app.name} has no line of {title}"
    for block in re.findall(r"^```sh\n(.*?)^```", body, re.MULTILINE | re.DOTALL):
        assert block.splitlines() in [list(way.build) for way in apps[0].ways]
    for call in re.findall(r"`(Classifier\.load\(.*?\))`", body):
        options = re.search(r"\{(.*)\}", call)[1].strip()
        sources = "\n".join(files_of(apps[0]).values()).replace(
            "...files", 'bundle: "/smart-home/", wasmPaths: "/onnxruntime/"'
        )
        assert options in sources, f"no app of {heading} says {call}"


def test_the_policy_of_the_readme_is_one_that_a_page_was_opened_with():
    (policy,) = re.findall(r"^```txt\n(.*)\n```", TEXT, re.MULTILINE)
    policies = [way.headers.get("Content-Security-Policy", "") for way in APPS["Vite"].ways]
    assert any(each.startswith(policy) for each in policies)


@pytest.mark.parametrize("app", APPS.values(), ids=lambda app: app.name)
def test_each_app_says_how_it_is_shown(app):
    assert len({way.name for way in app.ways}) == len(app.ways)
    for way in app.ways:
        assert sum(each is not None for each in (way.serve, way.start, way.prints)) == 1, way.name
        assert way.prints is None or not way.asks
    assert json.loads((app.folder / "package.json").read_text("utf-8"))["dependencies"]


def test_the_readme_names_the_versions_that_were_tried():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))["apps"]
    tried = {app["title"]: next(iter(app["versions"].values())) for app in results.values()}
    named = {title: re.findall(rf"\b{re.escape(title)}\s(\d+\.\d+)", TEXT) for title in tried}
    assert sum(map(bool, named.values())) > 12
    for title, found in named.items():
        assert set(found) <= {".".join(tried[title].split(".")[:2])}, title


def test_the_results_are_of_the_apps_as_they_are_and_none_failed():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert results["apps"].keys() == all_apps().keys()
    for app in all_apps().values():
        found = results["apps"][app.name]["ways"]
        assert [way["name"] for way in found] == [way.name for way in app.ways]
        assert [way["problem"] for way in found] == [None] * len(found)


def test_the_table_has_a_row_for_each_way_and_says_what_failed():
    answers = {
        "/api/classify": {"passed": 4, "cases": 4, "firstMs": 70.0, "freezeMs": 60.0},
        "worker": {"passed": 4, "cases": 4, "firstMs": 900.4, "freezeMs": 20.2},
        "page": {"passed": 4, "cases": 4, "firstMs": 800.0, "freezeMs": 600.0},
    }
    ways = [
        {"name": "build", "answers": answers, "problem": None},
        {"name": "dev", "answers": {}, "problem": "worker: no answer"},
    ]
    apps = {"vite": {"title": "Vite", "versions": {"vite": "8.4.0"}, "ways": ways}}
    rows = table({"date": "", "node": "", "chromium": "", "apps": apps}).splitlines()[2:]
    assert rows[0] == "| Vite | 8.4.0 | build | 4 of 4: worker, page, /api/classify | 900 / 800 | 20 / 600 |"
    assert rows[1].startswith("| Vite | 8.4.0 | dev | fails |")
