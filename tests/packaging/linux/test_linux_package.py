"""The Linux package: what is in the tarball, and installing, proving and removing it without a network."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path

import pytest
from command_line import edgekit as edgekit_cli
from linux_package import IDENTITY, NAME, code_blocks, install, package, run_blocks, serving
from record_makers import latency
from tiny_bundle import (
    LABELS,
    golden_rows,
    make_bundle,
    reference_ids,
    reference_logits,
    rewrite,
    seal,
    write_golden,
)
from tiny_wheels import write_wheel

import edgekit.agent
from edgekit.agent.inference.bundle import open_bundle
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.errors import UsageError
from edgekit.packaging.example import example_values
from edgekit.packaging.linux.write import agent_modules, write


def run(home: Path, *words, exits=0) -> str:
    command = [home / "bin" / NAME, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == exits, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def bare(onnx_bundle, tmp_path) -> Path:
    """An unpacked package without wheels, to be spoiled."""
    return package(onnx_bundle, tmp_path / "out", wheels=False)


def test_the_tarball_follows_from_its_content(onnx_bundle, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(open_bundle(onnx_bundle), IDENTITY, tmp_path / name, wheels=False)
    (one,), (two,) = ((tmp_path / name).glob("*.tar.gz") for name in ("one", "two"))
    assert one.name == f"{NAME}-1.0.0-linux-x86_64.tar.gz"
    assert one.read_bytes() == two.read_bytes()
    told, name = one.with_name(f"{one.name}.sha256").read_text().split()
    assert (told, name) == (hashlib.sha256(one.read_bytes()).hexdigest(), one.name)
    with tarfile.open(one) as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == sorted(member.name for member in members)
        assert {member.name.split("/")[0] for member in members} == {f"{NAME}-1.0.0"}
        assert {(member.mtime, member.uid, member.gid, member.isfile()) for member in members} == {
            (315532800, 0, 0, True)
        }
        for each in ("model.onnx", "tokenizer.json", "manifest.json", "golden.jsonl"):
            assert archive.extractfile(f"{NAME}-1.0.0/bundle/{each}").read() == (onnx_bundle / each).read_bytes()


def test_what_it_adds_is_what_lies_there(bare, onnx_bundle, tmp_path):
    (tmp_path / "again").mkdir()
    weighed = write(open_bundle(onnx_bundle), IDENTITY, tmp_path / "again", wheels=False)
    files = sum(path.stat().st_size for path in bare.rglob("*") if path.is_file() and path.name != "package.json")
    assert weighed.total == files
    assert weighed.model == (onnx_bundle / "model.onnx").stat().st_size
    assert weighed.runtime == "onnxruntime, of the device's own Python"


def test_wheels_are_those_of_the_target(onnx_bundle, wheel_index, tmp_path):
    for project, version in (("h11", "0.16.0"), ("prometheus-client", "0.26.0")):
        write_wheel(wheel_index, project, version)
    manifest = json.loads((onnx_bundle / "manifest.json").read_text())
    rewrite(onnx_bundle, target_facts=manifest["target_facts"] | {"arch": "aarch64"})
    unpacked = package(onnx_bundle, tmp_path / "out", arch=None)
    described = json.loads((unpacked / "package.json").read_text())
    assert (described["arch"], described["python"]) == ("aarch64", "3.11")
    assert set(described["packages"]) == {"onnxruntime", "tokenizers", "numpy", "h11", "prometheus-client"}
    for name in described["wheels"]:
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == described["files"][name]
    assert "onnxruntime 1.30.0" in (unpacked / "NOTICE").read_text()


@pytest.mark.parametrize(("measured", "noted"), [((), False), (("1.29.0", "1.28.0"), True), (("1.30.0",), False)])
def test_another_runtime_than_was_measured_is_noted(onnx_bundle, wheel_index, tmp_path, measured, noted):
    for project, version in (("h11", "0.16.0"), ("prometheus-client", "0.26.0")):
        write_wheel(wheel_index, project, version)
    folder = BundleFolder(onnx_bundle)
    for version in measured:
        record = latency(folder.manifest, 1.0).model_copy(update={"runtime_version": version})
        folder.keep(record, {"runtime_version": version})
    words = ("package", onnx_bundle, "--platform", "linux", "--name", NAME, "-o", tmp_path / "out")
    code, out, err = edgekit_cli(*words)
    assert code == 0, err
    said = "linux brings onnxruntime 1.30.0, and what was measured ran on 1.28.0 and 1.29.0: measure it once more"
    assert "made for" in out and "x86_64, Python 3.11" in " ".join(out.split())
    notes = [line for line in out.splitlines() if line.startswith("note: ")]
    assert [said in note for note in notes] == [True] * noted


@pytest.mark.parametrize(
    ("options", "output"),
    [
        ({"python": "3.8"}, "3.9 or newer"),
        ({"python": "2.7"}, "3.9 or newer"),
        ({"python": "three"}, "3.9 or newer"),
        ({"arch": "riscv64"}, "no wheels for riscv64"),
        ({"arch": "armv7l", "python": "3.12"}, "stops at Python 3.11"),
    ],
)
def test_a_device_that_nothing_is_made_for_is_refused(onnx_bundle, tmp_path, options, output):
    with pytest.raises(UsageError, match=output):
        write(open_bundle(onnx_bundle), IDENTITY, tmp_path, **options)
    assert not list(tmp_path.glob("*.tar.gz"))


def test_a_target_with_another_libc_is_refused(onnx_bundle, tmp_path):
    manifest = json.loads((onnx_bundle / "manifest.json").read_text())
    rewrite(onnx_bundle, target_facts=manifest["target_facts"] | {"libc": "musl"})
    with pytest.raises(UsageError, match="musl, and the runtimes have wheels for glibc alone"):
        write(open_bundle(onnx_bundle), IDENTITY, tmp_path)


def test_the_agent_goes_with_all_that_it_imports():
    folder, modules = Path(edgekit.agent.__file__).parent, agent_modules()
    assert {"__init__", "inference/tasks", "runtimes/litert", "protocol"} <= set(modules)
    assert not [name for name in modules if name.startswith(("benchmark", "server"))]
    assert [name for name in modules if name.startswith("machine")] == ["machine/__init__", "machine/cpu"]
    for name in modules:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                place = [*name.split("/")[: -node.level], *(node.module.split(".") if node.module else [])]
                wanted = ["/".join(place)] if node.module else ["/".join([*place, each.name]) for each in node.names]
                assert set(wanted) <= set(modules), f"{name} imports {wanted}"


def test_installed_offline_it_proves_itself_and_answers(linux_home):
    output = run(linux_home, "selftest")
    assert re.match(r"ok: 4 golden cases on onnxruntime [\d.]+, logits within", output)
    label, score = run(linux_home, "classify", "open").split()
    logits = reference_logits(reference_ids("open"))
    assert label == LABELS[int(logits.argmax())]
    assert 0 < float(score) <= 1
    assert NAME in run(linux_home, "--version")


def test_it_runs_on_its_own_libraries_alone(linux_home, tmp_path):
    for name in ("numpy", "onnxruntime", "tokenizers", "edgekit", "h11"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('another module was imported')\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([linux_home / "bin" / NAME, "selftest"], env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_a_package_without_wheels_says_what_the_python_lacks(bare, tmp_path):
    empty = tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", empty], check=True)
    output = install(bare, tmp_path / "home", python=empty / "bin/python", exits=2)
    assert "lacks numpy, tokenizers, onnxruntime, h11, prometheus-client" in output
    assert not (tmp_path / "home").exists()


def test_installing_again_replaces_and_uninstalling_removes(bare, linux_python, tmp_path):
    prefix = tmp_path / "home"
    install(bare, prefix, python=linux_python)
    (prefix / "left-over").touch()
    install(bare, prefix, python=linux_python)
    assert not (prefix / "left-over").exists()
    assert "ok: 4 golden cases" in run(prefix, "selftest")
    done = subprocess.run([linux_python, prefix / "install.py", "--uninstall", "--no-service"], check=False)
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir() if "home" in path.name] == []


@pytest.mark.parametrize("words", [(), ("--uninstall",)])
def test_a_folder_of_somebody_else_is_left_alone(bare, linux_python, tmp_path, words):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "letter.txt").write_text("dear")
    assert f"no installation of {NAME}" in install(bare, theirs, *words, python=linux_python, exits=2)
    assert (theirs / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("name", ["bundle/model.onnx", "app/run.py", "systemd/tiny-lights.service"])
def test_a_package_that_was_changed_is_not_installed(bare, linux_python, tmp_path, name):
    with (bare / name).open("ab") as file:
        file.write(b" ")
    output = install(bare, tmp_path / "home", python=linux_python, exits=2)
    assert f"{name} is not the file that was packaged" in output
    assert not (tmp_path / "home").exists()


def test_a_package_that_was_cut_off_is_not_installed(bare, linux_python, tmp_path):
    (bare / "bundle/tokenizer.json").unlink()
    assert "bundle/tokenizer.json is missing" in install(bare, tmp_path / "home", python=linux_python, exits=2)


def test_a_model_that_answers_otherwise_is_not_installed(onnx_bundle, linux_python, tmp_path):
    prefix = tmp_path / "home"
    good = package(onnx_bundle, tmp_path / "good", wheels=False)
    install(good, prefix, python=linux_python)
    rows = list(golden_rows())
    rows[2]["logits"][1] += 0.5
    write_golden(onnx_bundle, rows)
    bad = package(seal(onnx_bundle), tmp_path / "bad", wheels=False)
    output = install(bad, prefix, python=linux_python, exits=2)
    assert "golden case 3" in output
    assert "logit 1 is" in output
    assert "nothing is installed" in output
    # what was there before goes on
    assert "ok: 4 golden cases" in run(prefix, "selftest")


@pytest.mark.parametrize(("key", "value"), [("python", "3.9"), ("arch", "aarch64")])
def test_a_package_for_another_machine_is_refused(linux_package, tmp_path, key, value):
    copy = shutil.copytree(linux_package, tmp_path / "copy", copy_function=os.link)
    described = json.loads((copy / "package.json").read_text())
    (copy / "package.json").unlink()
    (copy / "package.json").write_text(json.dumps(described | {key: value}))
    output = install(copy, tmp_path / "home", exits=2)
    assert "this package was made for" in output
    assert value in output


def test_a_model_that_was_changed_later_is_refused_at_start(linux_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(linux_home, home, copy_function=os.link)
    program = home / "bin" / NAME
    text = program.read_text().replace(str(linux_home), str(home))
    program.unlink()
    program.write_text(text)
    program.chmod(0o755)
    model = home / "bundle/model.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.unlink()
    model.write_bytes(content)
    for words in (("selftest",), ("classify", "open"), ("serve", "--port", "0")):
        output = run(home, *words, exits=2)
        assert "model.onnx is not the file of the manifest: sha256" in output


@pytest.fixture(scope="module")
def system_home(linux_package, tmp_path_factory):
    """An installation by root where a service can read it, and the unit that came of it."""
    if os.geteuid() != 0:
        pytest.skip("installing for the system needs root")
    python = Path("/usr/bin/python3")
    described = json.loads((linux_package / "package.json").read_text())
    asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    if not python.exists() or subprocess.check_output(asked, text=True).strip() != described["python"]:
        pytest.skip(f"the system has no Python {described['python']}")
    prefix, units = Path("/opt") / f"edgekit-test-{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("units")
    command = [python, linux_package / "install.py", "--prefix", prefix, "--unit-folder", units]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if not Path("/run/systemd/system").is_dir():
            [line] = [line for line in done.stdout.splitlines() if line.startswith("systemd does not run here")]
            assert f"systemctl enable --now {NAME}.service" in line and f"{prefix}/bin/{NAME} serve" in line
        yield prefix, units / f"{NAME}.service"
        uninstall = [python, prefix / "install.py", "--uninstall", "--prefix", prefix, "--unit-folder", units]
        assert subprocess.run(uninstall, check=False).returncode == 0
        assert not prefix.exists()
        assert not list(units.iterdir())
    finally:
        shutil.rmtree(prefix, ignore_errors=True)


def test_a_user_without_rights_runs_what_root_installed(system_home):
    prefix, _ = system_home
    command = [prefix / "bin" / NAME, "selftest"]
    done = subprocess.run(
        command, user=65534, group=65534, extra_groups=[], env={}, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ok: 4 golden cases" in done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze: apt install systemd")
def test_systemd_takes_the_unit(system_home):
    prefix, unit = system_home
    assert f"ExecStart={prefix}/bin/{NAME} serve $OPTIONS\n" in unit.read_text()
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", unit], capture_output=True, text=True, check=False
    ).stdout
    # 0 is closed, 10 is open
    assert float(re.search(r"exposure level for .*: ([\d.]+)", rated)[1]) < 2


@pytest.mark.skipif(os.geteuid() != 0, reason="a service is installed by root")
def test_a_folder_that_a_service_cannot_read_is_refused(bare, linux_python, tmp_path):
    command = [linux_python, bare / "install.py", "--unit-folder", tmp_path / "units", "--prefix", tmp_path / "home"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"a service cannot read {tmp_path / 'home'}" in done.stderr
    assert not (tmp_path / "units").exists()


def test_the_readme_installs_as_written(bare, linux_python, tmp_path):
    text, prefix = (bare.parent / "README.md").read_text(), tmp_path / "home"
    assert "@@" not in text
    one, two = (block for kind, block in code_blocks(text)[:2] if kind == "sh")
    commands = one.replace("install.py", f"install.py --no-service --prefix {prefix}")
    commands += two.replace(f"~/.local/share/{NAME}", str(prefix))
    environment = os.environ | {"PATH": f"{linux_python.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-euc", commands], cwd=bare.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ": OK\n" in done.stdout
    assert done.stdout.count("ok: 4 golden cases") == 2


def test_the_readme_classifies_as_written(linux_home, tmp_path):
    blocks = code_blocks((linux_home / "README.md").read_text())[2:]
    assert [kind for kind, _ in blocks] == ["sh", "python"]
    text = example_values(open_bundle(linux_home / "bundle"))["TEXT"]
    with serving(linux_home, tmp_path / "log") as service:
        said = run_blocks(blocks, service)
        for output in said:
            assert service.classify(text)["label"] in output
    [shown] = re.findall(r"^    (\{.*\})$", (linux_home / "README.md").read_text(), re.MULTILINE)
    # the answer itself, in its order; its last digits are those of where the golden cases were made
    digits = re.compile(r"(?<=\.\d{4})\d+")
    assert digits.sub("", shown) == digits.sub("", said[0].strip())
    assert "--json" not in blocks[0][1], "curl has it since 7.82 alone"


def test_the_readme_generates_as_written(linux_decoder, tmp_path):
    readme = (linux_decoder / "README.md").read_text()
    shown = re.findall(r"^    (\{.*\})$", readme, re.MULTILINE)
    with serving(linux_decoder, tmp_path / "log") as service:
        said, _ = run_blocks(code_blocks(readme)[2:], service)
    lines = said.splitlines()
    assert len(shown) > 2
    assert lines[: len(shown) - 1] == shown[:-1]
    assert json.loads(lines[-1]) == json.loads(shown[-1])


def test_a_tflite_bundle_is_packaged_too(tmp_path):
    bundle = make_bundle(tmp_path / "tiny", "tflite")
    unpacked = package(bundle, tmp_path / "out", wheels=False)
    described = json.loads((unpacked / "package.json").read_text())
    assert "ai_edge_litert.interpreter" in described["modules"]
    assert (unpacked / "bundle/model.tflite").read_bytes() == (bundle / "model.tflite").read_bytes()
