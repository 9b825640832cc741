"""Deployed bundles: `current` is whole whatever is cut off, and there is a way back."""

import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_bundle import make_bundle, seal

from edgekit.agent.inference.bundle import open_bundle
from edgekit.bundle.manifest import MANIFEST_FILE, Manifest
from edgekit.devices.deploy import Deployments, check_name
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.on_device import deployments as script
from edgekit.errors import DeviceError, UsageError

NAME = "smart-home"


class Link(LocalTransport):
    """A link that is cut before the command that would be the `last`-th from now."""

    last: int | None = None

    def start(self, command, environment):
        if self.last is not None:
            self.last -= 1
            if self.last < 0:
                raise DeviceError("the link is gone")
        return super().start(command, environment)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Three that differ."""
    folder = tmp_path_factory.mktemp("bundles")
    made = []
    for number in range(3):
        bundle = make_bundle(folder / f"v{number}", "onnx")
        (bundle / "config.json").write_text(json.dumps({"version": number}))
        (bundle / "measurements").mkdir()
        (bundle / "measurements" / "latency-1.json").write_text("{}")
        made.append(seal(bundle, name="tiny"))
    return made


@pytest.fixture
def device(tmp_path):
    home = tmp_path / "a 'device' $(touch x); \"home\"\nwith lines"
    with Link() as transport:
        yield SimpleNamespace(transport=transport, home=str(home), python=sys.executable)


@pytest.fixture
def deployments(device):
    return Deployments(device, device.python)


def deploy(deployments, bundle, name=NAME):
    with deployments.staged(name, str(bundle), Manifest.of(bundle)) as staged:
        assert open_bundle(Path(staged.path))
        deployments.switch(staged)


def running(home, name=NAME):
    """The bundle that runs, every file of it checked."""
    return open_bundle(Path(home) / "deployed" / name / "current").content_hash


def hashes(bundles):
    return [Manifest.of(bundle).content_hash for bundle in bundles]


def left(home):
    return [str(path) for path in Path(home).rglob(".*")]


def test_switching_and_the_way_back(device, deployments, bundles):
    first, second, third = hashes(bundles)
    assert deployments.all() == {}
    deploy(deployments, bundles[0])
    assert running(device.home) == first
    assert deployments.path(NAME) == f"{device.home}/deployed/{NAME}/current"
    with pytest.raises(DeviceError, match="smart-home has no release before the one that runs"):
        deployments.rollback(NAME)
    deploy(deployments, bundles[1])
    deploy(deployments, bundles[2])
    # the one that runs and the one before are kept
    found = deployments.one(NAME)
    assert (found.number, found.previous, sorted(found.releases)) == (3, 2, [2, 3])
    assert [found.releases[number].content_hash for number in (2, 3)] == [second, third]
    deployments.rollback(NAME)
    assert running(device.home) == second
    assert deployments.one(NAME).previous is None
    with pytest.raises(DeviceError, match="no release before"):
        deployments.rollback(NAME)
    # what was rolled back from is no way back
    deploy(deployments, bundles[0])
    found = deployments.one(NAME)
    assert (found.number, found.previous, sorted(found.releases)) == (4, 2, [2, 4])
    assert running(device.home) == first


def test_what_is_deployed_is_the_bundle_alone(device, deployments, bundles):
    deploy(deployments, bundles[0])
    current = Path(device.home) / "deployed" / NAME / "current"
    assert {path.name for path in current.iterdir()} == {*Manifest.of(bundles[0]).files, MANIFEST_FILE}
    for path in Path(device.home).rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    release = deployments.one(NAME).running
    assert (release.bundle, release.size_mb) == ("tiny", round(Manifest.of(bundles[0]).size_mb, 3))


def test_files_that_were_pushed_are_not_stored_twice(device, deployments, bundles):
    pushed = Path(device.home) / "files" / "1"
    shutil.copytree(bundles[0], pushed)
    deploy(deployments, pushed)
    current = Path(device.home) / "deployed" / NAME / "current"
    assert (current / "model.onnx").samefile(pushed / "model.onnx")
    # and a bundle of the person's own is copied: it may change
    deploy(deployments, bundles[1])
    assert not (current / "model.onnx").samefile(bundles[1] / "model.onnx")


def test_several_names(device, deployments, bundles):
    for name, bundle in zip(("one", "two"), bundles, strict=False):
        deploy(deployments, bundle, name)
    assert [running(device.home, name) for name in ("one", "two")] == hashes(bundles[:2])
    deployments.remove("one")
    assert list(deployments.all()) == ["two"]
    assert left(device.home) == []
    for act in (deployments.remove, deployments.rollback):
        with pytest.raises(DeviceError, match="nothing is deployed as one"):
            act("one")
    with pytest.raises(DeviceError, match="nothing runs as one"):
        deployments.one("one")


def test_a_check_that_fails_changes_nothing(device, deployments, bundles):
    manifest = Manifest.of(bundles[1])
    with pytest.raises(ZeroDivisionError), deployments.staged("new", str(bundles[1]), manifest):
        raise ZeroDivisionError
    assert list(Path(device.home).rglob("*")) == [Path(device.home) / "deployed"]
    deploy(deployments, bundles[0])
    with pytest.raises(KeyboardInterrupt), deployments.staged(NAME, str(bundles[1]), manifest):
        raise KeyboardInterrupt
    assert running(device.home) == Manifest.of(bundles[0]).content_hash
    assert left(device.home) == []


def test_a_source_that_lacks_a_file(device, deployments, bundles, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(bundles[0], broken)
    manifest = Manifest.of(broken)
    (broken / "tokenizer.json").unlink()
    with (
        pytest.raises(DeviceError, match=r"tokenizer\.json: No such file"),
        deployments.staged(NAME, str(broken), manifest),
    ):
        pytest.fail("it was staged")
    assert deployments.all() == {}


def test_a_link_that_is_cut_anywhere(device, deployments, bundles):
    first, second = hashes(bundles[:2])
    for last in range(4):
        shutil.rmtree(device.home, ignore_errors=True)
        device.transport.last = None
        deploy(deployments, bundles[0])
        device.transport.last = last
        try:
            deploy(deployments, bundles[1])
        except DeviceError as error:
            assert error.message == "the link is gone"
        device.transport.last = None
        assert running(device.home) == (first if last < 2 else second)
        deploy(deployments, bundles[1])
        assert running(device.home) == second
        assert left(device.home) == []


# what changes a disk, by the names that Python gives these moments (PEP 578)
CHANGES = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "shutil.copyfile", "os.truncate"}


def cut_off(request, moment):
    """Run the device's program, and end it just before its `moment`-th change of the disk; whether it was ended."""
    child = os.fork()
    if not child:
        changes = 0

        def count(event, arguments):
            nonlocal changes
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in CHANGES or writes:
                changes += 1
                if changes > moment:
                    os._exit(9)

        sys.addaudithook(count)
        answer = script.main(request)
        os._exit(3 if "failed" in answer else 0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


@pytest.mark.parametrize("do", ["stage", "switch", "rollback", "abandon", "remove"])
def test_a_program_that_is_cut_off_at_any_moment(device, deployments, bundles, do, tmp_path):
    """As when the board loses its power: before each single change of its disk."""
    first, second, third = hashes(bundles)
    deploy(deployments, bundles[0])
    deploy(deployments, bundles[1])
    manifest = Manifest.of(bundles[2])
    request = {
        "home": device.home,
        "name": NAME,
        "incoming": ".incoming-1",
        "source": str(bundles[2]),
        "files": [*manifest.files, MANIFEST_FILE],
        "record": deployments.one(NAME).running.model_dump(mode="json"),
    }
    if do in ("switch", "abandon"):
        script.main(request | {"do": "stage"})
    before = tmp_path / "before"
    shutil.copytree(device.home, before, symlinks=True)
    allowed = {"switch": {second, third}, "rollback": {first, second}}.get(do, {second})
    seen = set()
    for moment in range(200):
        shutil.rmtree(device.home)
        shutil.copytree(before, device.home, symlinks=True)
        ended = cut_off(request | {"do": do}, moment)
        if do == "remove" and not (Path(device.home) / "deployed" / NAME).exists():
            seen.add(None)
        else:
            seen.add(running(device.home))
        again = script.main(request | {"do": "stage", "incoming": ".incoming-2"})
        assert again == {}
        assert script.main(request | {"do": "switch", "incoming": ".incoming-2"}) == {}
        assert running(device.home) == third
        assert left(device.home) == []
        told = script.main({"do": "list", "home": device.home})["deployed"][NAME]
        assert str(told["current"]) in told["releases"]
        assert len(told["releases"]) == (1 if seen == {None} or None in seen else 2)
        if not ended:
            break
    else:
        pytest.fail("it never came to its end")
    assert seen == allowed | ({None} if do == "remove" else set())


def test_a_current_that_leads_elsewhere_is_not_believed(device, deployments, bundles):
    deploy(deployments, bundles[0])
    folder = Path(device.home) / "deployed" / NAME
    for target in ("/etc", "../../../..", "releases/0009/bundle", "releases/../../x"):
        (folder / "current").unlink()
        (folder / "current").symlink_to(target)
        found = deployments.all()[NAME]
        assert (found.current, found.running, found.previous) == (None, None, None)
        with pytest.raises(DeviceError, match="nothing runs as smart-home"):
            deployments.one(NAME)
    deploy(deployments, bundles[1])
    assert running(device.home) == Manifest.of(bundles[1]).content_hash


def test_a_record_that_is_rubbish(device, deployments, bundles):
    deploy(deployments, bundles[0])
    record = Path(device.home) / "deployed" / NAME / "releases" / "0001" / "release.json"
    for text, message in (
        ('{"bundle": 1}', "deployments answered no _DeploymentsReply: deployed.smart-home.releases.1"),
        ("{", "release.json is not what it was"),
        ("x" * 200_000, "release.json is not what it was"),
    ):
        record.write_text(text)
        with pytest.raises(DeviceError, match=message):
            deployments.all()


@given(st.text(max_size=80))
def test_no_name_leads_out_of_the_folder(name):
    try:
        check_name(name)
    except UsageError as error:
        assert error.advice
        return
    assert name.isascii()
    assert not set(name) & set("/\\ \n")
    assert name[0] not in ".-"


def test_names():
    for name in ("smart-home", "a", "v1.2_x", "0"):
        assert check_name(name) == name
    for name in ("", ".", "..", ".hidden", "a/b", "-x", "a b", "x" * 65, "ä", "a\n"):
        with pytest.raises(UsageError, match="cannot be the name of a deployment"):
            check_name(name)
