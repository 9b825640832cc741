"""The npm packages of a multi-label model and a regression, in Node: answers and refusals are those of the agent."""

from __future__ import annotations

import json
import re
import shutil

import npm
import pytest
from tiny_bundle import rehash, rewrite

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import write
from tests.command_line import edgekit

KINDS = ("multi_label", "regression")
TEXTS = (
    *("turn on the kitchen lights", "bad dirty kill", "what is the weather", "", "🔥 naïve", "play " * 90),
    *("turn on the lights in the bedroom", "set the alarm", "is it going to rain", "lock the door", "stop"),
)


@pytest.fixture(scope="module")
def packages(telling_bundle, regression_bundle, tmp_path_factory):
    """The package of each kind, as the command line writes it, beside the runtime."""
    try:
        modules = npm.fetched("node", npm.RUNTIMES)
    except npm.Missing as missing:
        pytest.skip(str(missing))
    found = {}
    for kind, bundle in zip(KINDS, (telling_bundle, regression_bundle), strict=True):
        out = tmp_path_factory.mktemp(f"web-{kind}")
        code, _, err = edgekit("package", bundle, "--platform", "web", "--name", "tiny-model", "-o", out)
        assert code == 0, err
        (out / "web" / "node_modules").symlink_to(modules)
        found[kind] = out / "web"
    return found


def answers(package, more):
    """What the package says of the texts, as JSON has it, and what else a script finds of the first answer."""
    return npm.script(
        package,
        f"""
        import {{ Classifier }} from "tiny-model";
        const classifier = await Classifier.load(undefined, {{ threads: 1 }});
        const found = [];
        for (const text of {json.dumps(TEXTS)}) found.push(await classifier.classify(text));
        const told = (read) => {{ try {{ return read(found[0]); }} catch (error) {{ return error.message; }} }};
        console.log(JSON.stringify({{
          found: found.map((each) => ({{ ...each, logits: [...each.logits] }})), test: await classifier.selfTest(),
          {more}
        }}));
        """,
    )


def test_a_multi_label_model_gives_the_labels_that_hold_as_the_agent_does(packages, telling_bundle):
    told = answers(
        packages["multi_label"],
        "thresholds: classifier.thresholds, label: told(({ label }) => label), score: told((each) => each.score)",
    )
    agent = open_classifier(telling_bundle)
    held = set()
    for text, answer in zip(TEXTS, told["found"], strict=True):
        wanted = agent.classify(text)
        assert answer.keys() == {"labels", "scores", "logits", "ms"}
        assert answer["labels"] == list(wanted.answer)
        assert [each["label"] for each in answer["scores"]] == list(agent.bundle.labels)
        assert [each["score"] for each in answer["scores"]] == pytest.approx(list(wanted.scores), abs=1e-5)
        assert answer["logits"] == pytest.approx(list(wanted.logits), abs=1e-4)
        held.add(wanted.answer)
    assert len(held) > 1, "the texts tell labels apart"
    assert told["test"]["passed"] == told["test"]["cases"] > 8
    assert told["thresholds"] == list(agent.head.thresholds)
    assert told["label"].startswith("label cannot be read: this model gives each label by itself")
    assert told["score"].startswith("score cannot be read: ")


def test_a_regression_gives_its_number_as_the_agent_does(packages, regression_bundle):
    told = answers(packages["regression"], "labels: told(({ labels }) => labels), label: told((each) => each.label)")
    agent = open_classifier(regression_bundle)
    for text, answer in zip(TEXTS, told["found"], strict=True):
        assert answer.keys() == {"value", "logits", "ms"}
        assert answer["value"] == pytest.approx(agent.classify(text).answer, abs=1e-4)
        assert answer["logits"] == [answer["value"]]
    assert told["test"]["passed"] == told["test"]["cases"] > 8
    assert told["labels"].startswith("labels cannot be read: this model gives a number")
    assert told["label"].startswith("label cannot be read: this model gives a number")


def seen(package, bundles, what):
    """What a script finds of each bundle, or the sentence with which it is refused."""
    return npm.script(
        package,
        f"""
        import {{ Classifier }} from "tiny-model";
        const found = [];
        for (const folder of {json.dumps([str(bundle) for bundle in bundles])}) {{
          const model = Classifier.load(folder);
          found.push(await model.then({what}, (error) => `${{error.code}}: ${{error.message}}`));
        }}
        console.log(JSON.stringify(found));
        """,
    )


SINGLE = {"format_version": 2, "problem_type": None, "thresholds": None}
# of a manifest whose hashes follow from it
FAULTS = {
    "an unknown kind": ({"problem_type": "ordinal"}, "problem_type must be"),
    "no kind": ({"problem_type": None}, "problem_type must be"),
    "no thresholds": ({"thresholds": None}, "thresholds must be one for each label"),
    "an empty list": ({"thresholds": []}, "thresholds must be one for each label"),
    "two of three": ({"thresholds": [0.4, 0.4]}, "thresholds must be one for each label"),
    "a text": ({"thresholds": [0.4, "0.4", 0.6]}, "each of thresholds must be a number between 0 and 1"),
    "nothing": ({"thresholds": [0.0, 0.4, 0.6]}, "each of thresholds must be a number between 0 and 1"),
    "all": ({"thresholds": [0.4, 0.4, 1.0]}, "each of thresholds must be a number between 0 and 1"),
    "three numbers": ({"problem_type": "regression", "thresholds": []}, "a regression has one output"),
    "format 4": ({"format_version": 4}, "format version 4"),
    "format 2": ({"format_version": 2}, "this format has no problem_type"),
    "format 2, thresholds alone": (SINGLE | {"thresholds": [0.4, 0.4, 0.6]}, "this format has no problem_type"),
}


def test_a_manifest_that_describes_no_head_is_refused_as_by_the_agent(packages, tmp_path):
    sound = packages["multi_label"] / "bundle"
    bundles, told = [], []
    for number, (change, printed) in enumerate(FAULTS.values()):
        bundles.append(shutil.copytree(sound, tmp_path / str(number)))
        rewrite(bundles[-1], **change)
        told.append(rf"invalid: manifest\.json.* {printed}")
        with pytest.raises(BadInput, match=printed):
            open_bundle(bundles[-1])
    for number, change in enumerate(({"thresholds": [0.4, 0.4, 0.5]}, {"problem_type": "regression"}, SINGLE)):
        bundles.append(shutil.copytree(sound, tmp_path / f"changed{number}"))
        manifest = json.loads((sound / "manifest.json").read_text("utf-8"))
        (bundles[-1] / "manifest.json").write_text(json.dumps(manifest | change), encoding="utf-8")
        told.append(r"tampered: manifest\.json was changed: its content_hash does not follow")
    for found, printed in zip(seen(packages["multi_label"], bundles, "() => 'loaded'"), told, strict=True):
        assert re.match(printed, found), (found, printed)


def test_a_pair_is_refused_where_the_model_takes_none(packages, tmp_path):
    bundle = rewrite(shutil.copytree(packages["multi_label"] / "bundle", tmp_path / "bundle"), pairs=False)
    asked = "(model) => model.classify('one', 'two').catch((error) => `${error.code}: ${error.message}`)"
    (refusal,) = seen(packages["multi_label"], [bundle], asked)
    assert refusal.startswith("invalid: this model takes single texts, and was given a pair")
    only = rewrite(shutil.copytree(packages["multi_label"] / "bundle", tmp_path / "only"), pairs="only")
    asked = "(model) => model.classify('one').catch((error) => `${error.code}: ${error.message}`)"
    (refusal,) = seen(packages["multi_label"], [only], asked)
    assert refusal.startswith("invalid: this model takes pairs of texts, and was given one")
    (tmp_path / "package").mkdir()
    write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), tmp_path / "package")
    (example, _) = re.findall(
        r"^```js\n(.*?)^```", (tmp_path / "package/README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert "pair" not in example
    assert "classifier.thresholds" in example


def with_golden(bundle, folder, change):
    """A copy of a bundle, one of whose golden cases was changed, hashes and all, and the number of the case."""
    shutil.copytree(bundle, folder)
    golden = folder / "golden.jsonl"
    rows = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    number = change(rows)
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rehash(folder), number


def first(rows, wanted, field, value):
    """Give the first row that is wanted this value; its number."""
    at = next(at for at, row in enumerate(rows) if wanted(row))
    rows[at][field] = value
    return at + 1


def test_the_self_test_holds_the_labels_and_the_number_against_those_of_the_cases(packages, tmp_path):
    changes = {
        "none": ("multi_label", lambda rows: first(rows, lambda row: row["labels"], "labels", [])),
        "one": ("multi_label", lambda rows: first(rows, lambda row: not row["labels"], "labels", ["toxic"])),
        "value": ("regression", lambda rows: first(rows, lambda row: True, "value", rows[0]["value"] + 0.01)),
        "no value": ("regression", lambda rows: first(rows, lambda row: row.pop("value"), "label", "LABEL_0")),
    }
    bundles, numbers = [], []
    for name, (kind, change) in changes.items():
        bundle, number = with_golden(packages[kind] / "bundle", tmp_path / name, change)
        bundles.append(bundle)
        numbers.append(number)
    found = seen(packages["multi_label"], bundles, "async (model) => (await model.selfTest()).failure")
    for failure, number, printed in zip(
        found,
        numbers,
        (
            r"the labels are \[\".*\], expected \[\]",
            r"the labels are \[\], expected \[\"toxic\"\]",
            r"the value is .*, expected .* within 0\.000",
            r"the value is .*, expected undefined",
        ),
        strict=True,
    ):
        assert re.match(rf"golden case {number} \(.*\): {printed}", failure), failure


@pytest.mark.parametrize("kind", ["multi_label", pytest.param("regression", marks=pytest.mark.slow)])
def test_the_readmes_code_runs_as_it_is_written(packages, kind):
    package = packages[kind]
    blocks = re.findall(r"^```js\n(.*?)^```", (package / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        (package / f"readme{number}.mjs").write_text(block, encoding="utf-8")
    (package / "both.mjs").write_text('import "./readme0.mjs";\nimport "./readme1.mjs";\n', encoding="utf-8")
    printed = npm.run("node", package / "both.mjs").stdout.splitlines()
    assert any(re.fullmatch(r"(\d+) of \1 golden cases equal", line) for line in printed)
    assert len(printed) >= 2
