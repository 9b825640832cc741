"""A target of a person's own cannot bear the name of a shipped one, unless it is that."""

import json

import pytest
from click.testing import CliRunner

from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.flows.devices.draft_target import draft_target
from edgekit.schema.resources import check_target_name, load_target, shipped_files
from edgekit.schema.target import Target

TAKEN = "a target rpi4 with other facts is shipped with edgekit, so these cannot be called rpi4"


def own(tmp_path, **changes):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(load_target("rpi4").model_dump(mode="json") | changes))
    return path


@pytest.mark.parametrize(
    "changes",
    [{"arch": "x86_64"}, {"cpu": {"model": "a PC", "cores": 8}}, {"threads": 1}, {"budgets": []}, {"lengths": [8]}],
)
def test_a_file_with_a_shipped_name_and_other_facts_is_refused(tmp_path, changes):
    path = own(tmp_path, **changes)
    with pytest.raises(UsageError, match=TAKEN) as caught:
        load_target(str(path))
    assert str(path) in caught.value.message
    assert caught.value.advice == "give the target a name of its own, as my-rpi4"
    assert load_target(str(own(tmp_path, name="my-rpi4", **changes))).name == "my-rpi4"


def test_a_copy_of_a_shipped_target_is_that_target(tmp_path):
    assert load_target(str(own(tmp_path))) == load_target("rpi4")
    files = shipped_files("targets")
    assert [load_target(str(path)).name for path in files.values()] == list(files)


def test_validating_and_using_a_file_refuse_it_alike(tmp_path):
    path = own(tmp_path, threads=1)
    for words in (["targets", "validate", str(path)], ["targets", "show", str(path)]):
        result = CliRunner().invoke(cli, words)
        assert result.exit_code != 0
        assert TAKEN in f"{result.output}{result.exception}"


@pytest.mark.parametrize(
    ("changes", "is_another"),
    [
        ({"arch": "armv7l"}, True),
        ({"os": "android"}, True),
        ({"cpu": {"parts": []}}, True),
        ({"cpu": {"boards": ["Banana Pi"]}}, True),
        ({"cpu": {"features": ["fp16"]}}, False),
        ({"threads": 1, "lengths": [8], "title": "a Pi"}, False),
    ],
)
def test_what_goes_along_with_a_bundle_is_compared_by_what_decides_the_machines(changes, is_another):
    facts = load_target("rpi4").model_dump(mode="json")
    cpu = facts["cpu"] | changes.get("cpu", {})
    target = Target.parse(facts | changes | {"cpu": cpu}, "a target")
    if is_another:
        with pytest.raises(UsageError, match=TAKEN):
            check_target_name(target, "a bundle")
    else:
        check_target_name(target, "a bundle")


def test_no_target_is_drafted_under_a_shipped_name():
    from edgekit.devices.doctor.probe import probe
    from edgekit.devices.local_transport import LocalTransport

    machine = probe(LocalTransport(), "python3")
    assert "name: my-rpi4" in draft_target(machine, "my-rpi4")
    with pytest.raises(UsageError, match="rpi4 is the name of a target that is shipped with edgekit"):
        draft_target(machine, "rpi4")
