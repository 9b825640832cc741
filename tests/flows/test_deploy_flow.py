"""`edgekit deploy` over a real SSH link: what runs is what proved itself there."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from command_line import edgekit
from tiny_bundle import golden_rows, make_bundle, seal, write_golden

from edgekit.agent.inference.bundle import open_bundle
from edgekit.bundle.manifest import Manifest
from edgekit.errors import DeviceError, ParityError, UsageError
from edgekit.flows.deploy import deploy, deployed, rollback, undeploy


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    made = []
    for number, format in enumerate(("onnx", "onnx", "tflite")):
        bundle = make_bundle(folder / f"v{number}", format)
        (bundle / "config.json").write_text(json.dumps({"version": number}))
        made.append(seal(bundle, name="smart-home"))
    return made


@pytest.fixture
def bundles(originals, tmp_path):
    return [Path(shutil.copytree(bundle, tmp_path / bundle.name)) for bundle in originals]


@pytest.fixture
def pi(ssh_server, monkeypatch, tmp_path):
    """A device by the name of pi, whose Python has everything."""
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    edgekit("devices", "add", "pi", ssh_server.url, "--python", sys.executable)
    return ssh_server


def current(server, name="smart-home"):
    return server.home / ".cache/edgekit/device/deployed" / name / "current"


def running(server, name="smart-home"):
    return open_bundle(current(server, name)).content_hash


def test_the_road_by_the_command_line(pi, bundles):
    first, _, third = (Manifest.of(bundle).content_hash for bundle in bundles)
    code, out, _ = edgekit("deploy", bundles[0], "--device", "pi", "--json")
    done = json.loads(out)["pi"]
    assert code == 0
    assert done["path"] == str(current(pi))
    assert (done["name"], done["number"], done["previous"], done["switched"]) == ("smart-home", 1, None, True)
    assert (done["golden"], done["runtime"]) == (4, "onnxruntime")
    assert running(pi) == first
    # the same again: checked, and left as it is
    code, out, _ = edgekit("deploy", bundles[0], "--device", "pi")
    assert (code, out.startswith("pi: smart-home release 1 runs already (4 golden cases equal")) == (0, True)
    # one of another format is a release like any other
    code, out, _ = edgekit("deploy", bundles[2], "--device", "pi")
    assert out.strip().endswith("; --rollback returns to 1")
    assert running(pi) == third
    code, out, _ = edgekit("deploy", "--device", "pi", "--rollback", "--json")
    assert json.loads(out)["pi"]["number"] == 1
    assert running(pi) == first
    code, out, err = edgekit("deploy", "--device", "pi", "--rollback")
    assert (code, out) == (4, "")
    assert "smart-home has no release before the one that runs" in err
    code, out, _ = edgekit("deploy", bundles[1], "--device", "pi", "--as", "beside")
    code, out, _ = edgekit("deploy", "--device", "pi", "--list")
    lines = out.splitlines()
    assert lines[0] == "pi:"
    assert [line.split()[:3] for line in lines[1:]] == [
        ["beside", "1", "runs"],
        ["smart-home", "2", "smart-home,"],
        ["smart-home", "1", "runs"],
    ]
    code, _, err = edgekit("deploy", "--device", "pi", "--remove")
    assert code == 2
    assert "which deployment is meant?" in err
    assert "beside, smart-home" in err
    assert edgekit("deploy", "--device", "pi", "--remove", "--as", "smart-home")[:2] == (
        0,
        "pi: smart-home is removed\n",
    )
    assert edgekit("deploy", "--device", "pi", "--remove")[:2] == (0, "pi: beside is removed\n")
    assert edgekit("deploy", "--device", "pi", "--list")[:2] == (0, "pi: nothing is deployed\n")


def test_wrong_answers_change_nothing(pi, bundles):
    deploy(bundles[0], ["pi"])
    rows = list(golden_rows())
    rows[2]["logits"][1] += 1
    write_golden(bundles[1], rows)
    seal(bundles[1], name="smart-home")
    code, out, err = edgekit("deploy", bundles[1], "--device", "pi")
    assert (code, out) == (5, "")
    assert "golden case 3" in err
    assert "logit 1" in err
    assert running(pi) == Manifest.of(bundles[0]).content_hash
    assert deployed(["pi"])["pi"]["smart-home"].number == 1
    assert not list(pi.home.rglob(".incoming*"))
    with pytest.raises(ParityError):
        deploy(bundles[1], ["pi"], "new")
    assert list(deployed(["pi"])["pi"]) == ["smart-home"]


def test_a_bundle_that_is_not_sound_is_not_sent(pi, bundles, tmp_path):
    (bundles[0] / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match=r"tokenizer\.json"):
        deploy(bundles[0], ["pi"])
    with pytest.raises(UsageError, match="is no bundle"):
        deploy(tmp_path, ["pi"])
    with pytest.raises(UsageError, match="cannot be the name of a deployment"):
        deploy(bundles[1], ["pi"], "../elsewhere")
    assert not list(pi.home.rglob("files"))


def test_a_device_that_cannot_run_it(pi, bundles, tmp_path):
    with pytest.raises(DeviceError, match="there is no /nowhere/python"):
        deploy(bundles[0], ["pi"], python="/nowhere/python")
    with pytest.raises(UsageError, match="does not read"):
        deploy(bundles[0], ["pi"], runtime="ai-edge-litert")
    assert not list(pi.home.rglob("releases"))
    for act in (rollback, undeploy):
        with pytest.raises(UsageError, match="nothing is deployed there"):
            act(["pi"])


@pytest.mark.parametrize("after", [*(pytest.param(it, marks=pytest.mark.slow) for it in (20_000, 80_000)), 140_000])
def test_a_link_that_is_cut_on_the_way(pi, bundles, after):
    deploy(bundles[0], ["pi"])
    pi.cut_after = after
    code, _, err = edgekit("deploy", bundles[2], "--device", "pi")
    assert code in (0, 4), err
    assert running(pi) in {Manifest.of(bundle).content_hash for bundle in (bundles[0], bundles[2])}
    pi.cut_after = None
    deploy(bundles[2], ["pi"])
    assert running(pi) == Manifest.of(bundles[2]).content_hash
    assert rollback(["pi"])["pi"].number
    assert running(pi) == Manifest.of(bundles[0]).content_hash


def test_one_device_of_two_fails(pi, bundles, device_home):
    edgekit("devices", "add", "broken", "ssh://127.0.0.1:9", "--python", sys.executable)
    code, out, err = edgekit("deploy", bundles[0], "--device", "all", "--json")
    assert code == 4
    assert json.loads(out)["pi"]["switched"]
    assert "1 of 2 devices failed: broken" in err
    assert running(pi) == Manifest.of(bundles[0]).content_hash


def test_this_machine(bundles, device_home):
    done = deploy(bundles[0], ["local"])["local"]
    assert Path(done.path) == device_home / "deployed/smart-home/current"
    assert open_bundle(Path(done.path))
    # what the person does to their own folder is nothing to what runs
    (bundles[0] / "config.json").write_text("changed")
    assert open_bundle(Path(done.path))


def test_options_that_make_no_sense(pi, bundles):
    code, _, err = edgekit("deploy", bundles[0], "--device", "pi", "--rollback")
    assert (code, "--rollback takes no bundle" in err) == (2, True)
    code, _, err = edgekit("deploy", bundles[0])
    assert (code, "--device" in err) == (2, True)
    code, _, err = edgekit("deploy", bundles[0], "--device", "pu")
    assert (code, "did you mean 'pi'?" in err) == (2, True)
