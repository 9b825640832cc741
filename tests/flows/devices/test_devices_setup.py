"""`edgekit devices setup`: a device with a bare Python profiles a bundle after it, and not before."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import edgekit
from tiny_wheels import VERSIONS, write_wheel

from edgekit.devices.local import LocalDevice
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.devices.setup import clear, setup
from edgekit.flows.profile.profile import profile
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.runtime_ref import RuntimeRef

QUICK = {"min_seconds": 0, "min_runs": 5, "warmup": 1, "processes": 1}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A Python without a single package."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder / "bin" / "python")


@pytest.fixture
def wheels(wheel_index):
    """Wheels that stand for the real packages, and take them from where this Python has them."""
    for project, version in VERSIONS.items():
        module = project.replace("-", "_")
        site = Path(importlib.util.find_spec(module).submodule_search_locations[0]).parent
        text = (
            "import sys\n"
            f"sys.path.insert(0, {str(site)!r})\n"
            f"del sys.modules[{module!r}]\n"
            f"import {module}\n"
            "sys.path.pop(0)\n"
        )
        write_wheel(wheel_index, project, version, {f"{module}/__init__.py": text})
    return wheel_index


@pytest.fixture
def pi(ssh_server, monkeypatch, tmp_path, bare):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    edgekit("devices", "add", "pi", ssh_server.url, "--python", bare)
    return ssh_server


def test_a_bare_device_profiles_after_it(pi, wheels, onnx_bundle):
    options = ProfileOptions(device="pi", **QUICK)
    with pytest.raises(DeviceError, match="No module named 'numpy'") as caught:
        profile(onnx_bundle, options)
    assert "edgekit devices setup" in caught.value.advice
    code, out, _ = edgekit("devices", "setup", "pi", "--json")
    assert code == 0
    done = json.loads(out)["pi"]
    assert done["python"] == ".".join(map(str, sys.version_info[:3]))
    (runtime,) = done["runtimes"]
    assert (runtime["name"], runtime["packages"], runtime["brought"]) == ("default", VERSIONS, True)
    (taken,) = profile(onnx_bundle, options)
    assert taken.runtime == "onnxruntime"
    code, out, _ = edgekit("devices", "setup", "pi")
    assert out.splitlines()[2].strip().startswith("default: onnxruntime 1.30.0, ai-edge-litert 2.3.0")
    assert out.splitlines()[2].endswith("(was there already)")
    code, out, _ = edgekit("devices", "setup", "pi", "--remove")
    assert (code, out.startswith("pi: ")) == (0, True)
    assert [path.name for path in (pi.home / ".cache/edgekit/device").iterdir()] == ["lock"]
    with pytest.raises(DeviceError, match="No module named 'numpy'"):
        profile(onnx_bundle, options)


def test_a_runtime_for_another_python_is_not_used(device_home, onnx_bundle):
    """As after the system of a device was renewed."""
    for name in ("default", "onnxruntime-1.0.1"):
        folder = device_home / "runtimes" / name
        (folder / "numpy").mkdir(parents=True)
        (folder / "numpy" / "__init__.py").write_text("raise ImportError('of another Python')")
        (folder / "runtime.json").write_text(json.dumps({"archives": {}, "made_for": "cp39 x86_64"}))
    (taken,) = profile(onnx_bundle, ProfileOptions(**QUICK))
    assert taken.runtime == "onnxruntime"
    with LocalDevice() as device, pytest.raises(DeviceError, match=r"onnxruntime-1\.0\.1 is for another Python than"):
        device.start_agent(runtime_folder="runtimes/onnxruntime-1.0.1")
    (device_home / "runtimes/default/runtime.json").unlink()
    with pytest.raises(DeviceError, match="of another Python"):
        profile(onnx_bundle, ProfileOptions(**QUICK))


def test_versions_side_by_side(pi, wheels):
    refs = [RuntimeRef.from_text(text) for text in ("onnxruntime==1.30.0", "ai-edge-litert")]
    found = setup(["pi"], refs)["pi"]
    assert [runtime.name for runtime in found.runtimes] == ["onnxruntime-1.30.0", "ai-edge-litert-2.3.0"]
    folder = pi.home / ".cache/edgekit/device/runtimes"
    assert sorted(path.name for path in folder.iterdir()) == ["ai-edge-litert-2.3.0", "onnxruntime-1.30.0"]
    assert clear(["pi"], refs[:1])["pi"] > 0
    assert [path.name for path in folder.iterdir()] == ["ai-edge-litert-2.3.0"]
    with pytest.raises(UsageError, match="which ai-edge-litert is to be removed"):
        clear(["pi"], refs[1:])


def test_what_cannot_be_set_up(pi, wheels):
    code, _, err = edgekit("devices", "setup", "pi", "--runtime", "onnxruntime==0.1")
    assert (code, "no wheel of onnxruntime==0.1 for Python" in err, "there are: 1.30.0" in err) == (2, True, True)
    code, _, err = edgekit("devices", "setup", "pi", "--runtime", "onnxruntim")
    assert (code, "did you mean 'onnxruntime'?" in err) == (2, True)
    code, _, err = edgekit("devices", "setup", "pi", "--python", "/nowhere/python3")
    assert (code, "there is no /nowhere/python3" in err) == (4, True)
    code, _, err = edgekit("devices", "setup", "nobody")
    assert code == 2


@pytest.mark.slow
def test_the_real_wheels(bare, tmp_path, monkeypatch, device_home, bundle):
    """The whole road on this machine: a bare Python, wheels from the package index, a profile."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = setup(["local"], python=bare)["local"]
    assert {"onnxruntime", "ai-edge-litert", "numpy", "tokenizers"} == set(done.runtimes[0].packages)
    (taken,) = profile(bundle, ProfileOptions(python=bare, **QUICK))
    assert taken.runtime_version == done.runtimes[0].packages[taken.runtime]
    assert not list((device_home / "runtimes").glob(".*"))
