"""Runtimes on a device: pushed with checksums, unpacked whole or not at all, tried before they take their place."""

import ast
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_wheels import VERSIONS, as_archive, provision_of, write_wheel

from edgekit.devices.device_script import run_script
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.provision.python_facts import PythonFacts, python_facts
from edgekit.devices.provision.runtimes import collect, install, installed, remove
from edgekit.errors import DeviceError, UsageError
from edgekit.schema.runtime_ref import RuntimeRef

PINNED = RuntimeRef.from_text("onnxruntime==1.30.0")


class Spoilt(LocalTransport):
    """A link whose pushes are handed to `spoil` first; `dead`: nothing goes through any more."""

    dead = False

    def spoil(self, source: Path, destination: str) -> Path:
        return source

    def push(self, source, destination, advance=lambda _: None):
        super().push(self.spoil(source, destination), destination, advance)

    def start(self, command, environment):
        if self.dead:
            raise DeviceError("the link is gone")
        return super().start(command, environment)


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A Python without a single package."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder / "bin" / "python")


@pytest.fixture
def device(tmp_path, bare):
    # what a person may have called a folder
    home = tmp_path / "a 'device' $(touch x); \"home\"\nwith lines"
    with Spoilt() as transport:
        yield SimpleNamespace(transport=transport, home=str(home), python=bare)


@pytest.fixture
def provision(tmp_path):
    return provision_of(tmp_path / "wheels")


@pytest.fixture
def facts(device):
    return python_facts(device.transport, device.python)


def left(device):
    """What an unfinished try has left."""
    return [path.name for path in Path(device.home).rglob(".*")]


def imports(device, runtime, module):
    """Whether the device's Python finds a module in a runtime's folder."""
    environment = {"PYTHONPATH": f"{device.home}/runtimes/{runtime}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [device.python, "-c", f"import {module} as m; print(m.__file__)"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.startswith(device.home)


def test_the_python_of_a_device(facts):
    assert facts.version == sys.version_info[:3]
    assert (facts.system, facts.bits, facts.implementation, facts.numpy) == ("Linux", 64, "CPython", None)
    assert facts.libc_version == os.confstr("CS_GNU_LIBC_VERSION").split()[1]
    assert facts.platforms[-1] == f"manylinux2014_{facts.arch}"
    assert len(facts.platforms) == int(facts.libc_version.split(".")[1]) - 17 + 2


def test_what_a_device_needs(facts, wheel_index):
    told = []
    provision = collect(None, facts, told.append)
    assert told == ["onnxruntime, ai-edge-litert, tokenizers, numpy"]
    assert (provision.name, provision.packages, provision.notes) == ("default", VERSIONS, ())
    assert provision.modules == ("numpy", "tokenizers", "onnxruntime", "ai_edge_litert.interpreter")


def test_a_runtime_takes_its_place(device, facts, provision):
    sent = []
    assert install(device, device.python, facts, provision, sent.append) is True
    assert sent == sorted(sent)
    assert sent[-1] == provision.bytes
    for module in ("onnxruntime", "ai_edge_litert.interpreter", "tokenizers", "numpy"):
        assert imports(device, "default", module)
    found = installed(device, device.python)["default"]
    assert (found.packages, found.made_for) == (VERSIONS, facts.identity)
    for path in Path(device.home).rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    assert left(device) == []
    # there already: nothing is sent again
    sent.clear()
    assert install(device, device.python, facts, provision, sent.append) is False
    assert sent == []


def test_a_runtime_that_was_built_before_numpy_2(facts, wheel_index):
    write_wheel(wheel_index, "onnxruntime", "1.18.0")
    write_wheel(wheel_index, "numpy", "1.26.4")
    provision = collect(RuntimeRef.from_text("onnxruntime==1.18.0"), facts)
    assert provision.name == "onnxruntime-1.18.0"
    assert (provision.packages["numpy"], provision.modules[-1]) == ("1.26.4", "onnxruntime")


def test_versions_stand_side_by_side(device, facts, tmp_path):
    for version in ("1.18.0", "1.30.0"):
        name = f"onnxruntime-{version}"
        text = f"import numpy; version = {version!r}"
        install(
            device, device.python, facts, provision_of(tmp_path, name, onnxruntime={"onnxruntime/__init__.py": text})
        )
    found = installed(device, device.python)
    assert set(found) == {"onnxruntime-1.18.0", "onnxruntime-1.30.0"}
    assert all(imports(device, name, "onnxruntime") for name in found)
    assert remove(device, device.python, "onnxruntime-1.18.0") > 0
    assert set(installed(device, device.python)) == {"onnxruntime-1.30.0"}
    with pytest.raises(DeviceError, match=r"there is no runtime onnxruntime-1\.18\.0"):
        remove(device, device.python, "onnxruntime-1.18.0")


def test_removing_everything_leaves_what_was_deployed(device, facts, provision):
    install(device, device.python, facts, provision)
    home = Path(device.home)
    for folder in ("agents/1", "files/2", "deployed/smart-home"):
        (home / folder).mkdir(parents=True)
        (home / folder / "file").write_text("12345")
    assert remove(device, device.python, None) > 10
    assert sorted(path.name for path in home.iterdir()) == ["deployed"]
    assert remove(device, device.python, None) == 0
    assert installed(device, device.python) == {}


def test_a_runtime_that_has_no_wheel_here_is_left_out(facts, wheel_index):
    next(wheel_index.glob("ai_edge*")).unlink()
    provision = collect(None, facts)
    assert "ai-edge-litert" not in provision.packages
    assert provision.modules == ("numpy", "tokenizers", "onnxruntime")
    assert "no wheel of ai-edge-litert for Python" in provision.notes[0]


def test_a_push_that_arrives_changed_is_found(device, facts, provision, tmp_path):
    install(device, device.python, facts, provision_of(tmp_path, "onnxruntime-1.30.0"))

    def flip(source, destination):
        content = bytearray(source.read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / "flipped").write_bytes(content)
        return tmp_path / "flipped" if "numpy" in destination else source

    device.transport.spoil = flip
    with pytest.raises(DeviceError, match=r"numpy-2\.4\.0-py3-none-any\.whl was changed on the way: its sha256 is"):
        install(device, device.python, facts, provision)
    assert set(installed(device, device.python)) == {"onnxruntime-1.30.0"}
    assert left(device) == []


def test_a_link_that_is_cut_in_a_push(device, facts, provision):
    def cut(source, destination):
        device.transport.dead = "numpy" in destination
        return source

    device.transport.spoil = cut
    with pytest.raises(DeviceError, match="the link is gone"):
        install(device, device.python, facts, provision)
    assert len(left(device)) == 1
    device.transport.dead = False
    device.transport.spoil = lambda source, destination: source
    assert install(device, device.python, facts, provision) is True
    assert left(device) == []


def test_an_interrupt_in_a_push_leaves_nothing(device, facts, provision):
    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(device, device.python, facts, provision, interrupt)
    assert left(device) == []
    assert installed(device, device.python) == {}


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGILL)", "ends in an illegal instruction: it was not made"),
        pytest.param(
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "is ended by SIGSEGV", marks=pytest.mark.slow
        ),
        ("raise ImportError('libstdc++.so.6: version GLIBCXX_3.4.30 not found')", "does not import: .*GLIBCXX_3.4.30"),
        pytest.param("import sys; sys.exit(7)", "does not import: exit status 7", marks=pytest.mark.slow),
    ],
)
def test_what_does_not_import_never_takes_the_place(device, facts, provision, tmp_path, module, message):
    install(device, device.python, facts, provision)
    before = installed(device, device.python)
    broken = provision_of(tmp_path / "broken", onnxruntime={"onnxruntime/__init__.py": module})
    with pytest.raises(DeviceError, match=f"onnxruntime {message}"):
        install(device, device.python, facts, broken)
    assert installed(device, device.python) == before
    assert imports(device, "default", "onnxruntime")
    assert left(device) == []


@pytest.mark.parametrize("name", ["../evil.py", "/tmp/evil.py", "onnxruntime/../../evil.py", "a\\..\\b", "a/../../b"])  # noqa: S108
def test_an_archive_never_leads_out_of_its_folder(device, facts, tmp_path, name):
    evil = provision_of(tmp_path / "wheels", onnxruntime={"onnxruntime/__init__.py": "", name: "evil"})
    with pytest.raises(DeviceError, match="which is no file inside it"):
        install(device, device.python, facts, evil)
    assert not [path for path in Path(device.home).rglob("*") if path.is_file()]


def test_an_archive_with_a_link_is_refused(device, facts, provision):
    first = provision.archives[0].path
    with zipfile.ZipFile(first, "a") as wheel:
        link = zipfile.ZipInfo("onnxruntime/link")
        link.external_attr = 0o120777 << 16
        wheel.writestr(link, "/etc/passwd")
    linked = replace(provision, archives=(as_archive(first), *provision.archives[1:]))
    with pytest.raises(DeviceError, match="'onnxruntime/link', which is no file inside it"):
        install(device, device.python, facts, linked)


def test_data_of_a_wheel_goes_where_it_belongs(device, facts, tmp_path):
    files = {
        "onnxruntime-1.31.0.data/purelib/onnxruntime/__init__.py": "",
        "onnxruntime-1.31.0.data/scripts/run": "#!python",
    }
    install(device, device.python, facts, provision_of(tmp_path / "wheels", onnxruntime=files))
    assert imports(device, "default", "onnxruntime")
    assert not list(Path(device.home).rglob("run"))


def test_a_device_without_room(device, facts):
    asked = {"home": device.home, "name": "default", "incoming": ".incoming-1", "archives": {}, "made_for": "cp311"}
    with pytest.raises(DeviceError, match=r"has \d+ MB free, and \d+ MB are needed"):
        run_script(device.transport, device.python, "runtimes", RuntimeRef, do="begin", bytes=10**18, **asked)
    assert left(device) == []


def test_a_folder_that_cannot_be_written(device, facts, provision):
    Path(device.home).write_text("a file")
    with pytest.raises(DeviceError, match="Not a directory"):
        install(device, device.python, facts, provision)


def test_a_runtime_for_another_python_is_replaced(device, facts, provision):
    install(device, device.python, facts, provision)
    newer = facts.model_copy(update={"version": (3, 99, 0)})
    assert install(device, device.python, newer, provision) is True
    assert installed(device, device.python)["default"].made_for == newer.identity


def test_a_runtime_that_was_being_replaced_comes_back(device, facts, provision):
    install(device, device.python, facts, provision)
    runtimes = Path(device.home) / "runtimes"
    (runtimes / "default").rename(runtimes / ".default.before")
    assert install(device, device.python, facts, provision) is False
    assert imports(device, "default", "numpy")


PI = {
    "version": (3, 11, 2),
    "implementation": "CPython",
    "system": "Linux",
    "machine": "aarch64",
    "bits": 64,
    "free_threaded": False,
    "libc": "glibc",
    "libc_version": "2.36",
    "numpy": None,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": (3, 7, 3)}, r"Python 3\.7 is too old: the agent needs 3\.9"),
        ({"version": (2, 7, 18)}, r"Python 2\.7 is too old"),
        ({"implementation": "PyPy"}, "its Python is PyPy, and the runtimes have wheels for CPython alone"),
        ({"libc": "musl", "libc_version": ""}, "its C library is musl"),
        ({"libc": "bionic", "libc_version": ""}, "its C library is Android's"),
        ({"libc": "unknown", "libc_version": ""}, "its C library .* is older than what wheels are built for"),
        ({"libc_version": "2.13"}, r"glibc 2\.13\) is older"),
        ({"system": "Darwin"}, "it runs Darwin"),
        ({"machine": "armv6l", "bits": 32}, "no wheels for armv6l, 32 bits"),
        ({"machine": "riscv64"}, "no wheels for riscv64"),
        ({"machine": "armv7l", "bits": 32, "version": (3, 13, 5)}, r"stops at Python 3\.11, and this is 3\.13"),
    ],
)
def test_a_python_that_cannot_be_served(tmp_path, changes, message):
    with LocalTransport() as transport, pytest.raises(DeviceError, match=message):
        python_facts(transport, says(tmp_path, PI | changes))


def says(folder, answer):
    """A program in place of a Python that prints an answer."""
    import json

    text = answer if isinstance(answer, str) else json.dumps(answer)
    (folder / "answer").write_text(text)
    program = folder / "python"
    program.write_text('#!/bin/sh\ncat >/dev/null\ncat "$(dirname "$0")/answer"\n')
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("machine", "bits", "arch", "runtimes"),
    [
        ("aarch64", 64, "aarch64", ("onnxruntime", "ai-edge-litert")),
        ("aarch64", 32, "armv7l", ("tflite-runtime",)),
        ("armv7l", 32, "armv7l", ("tflite-runtime",)),
        ("x86_64", 64, "x86_64", ("onnxruntime", "ai-edge-litert")),
    ],
)
def test_what_serves_which_machine(tmp_path, machine, bits, arch, runtimes):
    with LocalTransport() as transport:
        found = python_facts(transport, says(tmp_path, PI | {"machine": machine, "bits": bits}))
    assert (found.arch, found.runtimes, found.abi) == (arch, runtimes, "cp311")


def test_a_runtime_that_is_not_made_for_a_machine(wheel_index):
    facts = PythonFacts.parse(PI, "a device")
    with pytest.raises(UsageError, match="onnxruntime has no wheels for 32 bits"):
        collect(PINNED, facts.model_copy(update={"bits": 32}))
    with pytest.raises(DeviceError, match=r"tflite-runtime stops at Python 3\.11, and the device has 3\.12"):
        collect(RuntimeRef.from_text("tflite-runtime"), facts.model_copy(update={"version": (3, 12, 0)}))


def test_32_bits_take_their_own_numpy(wheel_index):
    write_wheel(wheel_index, "tflite-runtime", "2.14.0")
    facts = PythonFacts.parse(PI | {"machine": "armv7l", "bits": 32, "numpy": "1.24.2"}, "a device")
    provision = collect(None, facts)
    assert provision.packages == {"tflite-runtime": "2.14.0", "tokenizers": VERSIONS["tokenizers"]}
    assert provision.modules == ("numpy", "tokenizers", "tflite_runtime.interpreter")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("I am no Python", "answered something that was not asked for: 'I am no Python'"),
        ("", "answered something that was not asked for"),
        ("[1, 2]", "answered something that was not asked for"),
        ('{"version": [3, 11, 2]}', "python_facts answered no PythonFacts: implementation: Field required"),
        (PI | {"surprise": 1}, "answered no PythonFacts: surprise"),
        (PI | {"machine": "x" * 1000}, "answered no PythonFacts: machine"),
        ('{"failed": "' + "x" * 5000 + '"}', "x{900}"),
        ("[" * 100_000, "answered something that was not asked for"),
        ("x" * 2_000_000, "printed more than 1000000 bytes"),
    ],
)
def test_a_device_that_answers_rubbish(tmp_path, answer, message):
    with LocalTransport() as transport, pytest.raises(DeviceError, match=message) as caught:
        python_facts(transport, says(tmp_path, answer))
    assert len(caught.value.message) < 2000


def test_a_python_that_is_not_there(tmp_path):
    (tmp_path / "no-program").write_text("")
    with LocalTransport() as transport:
        with pytest.raises(DeviceError, match="there is no /nowhere/python3") as caught:
            python_facts(transport, "/nowhere/python3")
        assert "--python PATH" in caught.value.advice
        with pytest.raises(DeviceError, match=r"/bin/false failed \(exit status 1\)"):
            python_facts(transport, "/bin/false")


@pytest.mark.parametrize("name", ["runtimes", "deployments"])
def test_what_runs_on_a_device_is_of_python_3_9(name):
    source = resources.files("edgekit.devices.on_device").joinpath(f"{name}.py").read_text()
    ast.parse(source, feature_version=(3, 9))


def test_an_old_python_can_say_that_it_is_old():
    source = resources.files("edgekit.devices.on_device").joinpath("python_facts.py").read_text()
    tree = ast.parse(source)
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.Starred, ast.AsyncFunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert source.isascii()
