"""The shipped targets, and the commands that show and check them."""

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from edgekit.cli.targets.command import command
from edgekit.errors import NotFoundError, UsageError
from edgekit.schema.measurement import Fingerprint
from edgekit.schema.resources import load_target, shipped_files
from edgekit.schema.target import Target

NAMES = sorted(shipped_files("targets"))
BREAKS_TFLITE_RUNTIME = {"int8-dynamic", "int8-static", "int4-weight"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), prog_name="edgekit targets")


def own_target(folder: Path, **changes: object) -> Path:
    mapping = yaml.safe_load(shipped_files("targets")["rpi4"].read_text()) | changes
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(mapping))
    return path


def test_the_expected_targets_ship():
    assert {"rpi3", "rpi4", "rpi5", "rpi-zero2w", "rpi4-32bit"} <= set(NAMES)
    assert {"android-arm64", "android-arm64-mid", "generic-arm64", "x86-64"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_target_validates_under_its_own_name(name: str):
    assert load_target(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_names_a_public_source_or_its_arithmetic(name: str):
    target = load_target(name)
    figures = (target.cpu.clock_ghz, target.memory.read_gb_s, target.peak.fp32_gflops, target.peak.int8_gops)
    for figure in filter(None, figures):
        assert re.match(r"derived: .*\d|[\w.-]+/[\w.-]+ \S", figure.source), figure.source


@pytest.mark.parametrize("name", NAMES)
def test_the_default_schemes_run_in_every_format(name: str):
    target = load_target(name)
    for scheme in target.scheme.values():
        for format in target.formats:
            assert target.runtime_for(format, scheme).format == format


@pytest.mark.parametrize("name", NAMES)
def test_tflite_runtime_is_never_trusted_with_what_it_gets_wrong(name: str):
    for runtime in load_target(name).runtimes:
        if runtime.name == "tflite-runtime":
            assert not set(runtime.schemes) & BREAKS_TFLITE_RUNTIME


def test_32_bit_has_tflite_runtime_alone():
    target = load_target("rpi4-32bit")
    assert target.arch == "armv7l"
    assert [runtime.name for runtime in target.runtimes] == ["tflite-runtime"]
    assert target.runtimes[0].schemes == ("float", "int8-weight")
    with pytest.raises(UsageError, match="does not execute int8-dynamic correctly") as caught:
        target.runtime_for("tflite", "int8-dynamic")
    assert caught.value.advice == "schemes that it does: float, int8-weight"
    with pytest.raises(UsageError, match="no runtime for onnx"):
        target.runtime_for("onnx", "float")


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_written_as_the_fingerprint_writes_them(name: str):
    parts = load_target(name).cpu.parts
    assert len(set(parts)) == len(parts)
    assert all(re.fullmatch(r"0x[0-9a-f]{2}/0x[0-9a-f]{3}", part) for part in parts)


@pytest.mark.parametrize("name", NAMES)
def test_default_budgets_say_size_speed_and_quality_of_each_task(name: str):
    target = load_target(name)
    own = {task: {budget.metric: budget for budget in budgets} for task, budgets in target.budgets.items()}
    decoder = own["text-generation"]
    assert set(decoder) == {"size_mb", "tokens_per_s", "perplexity_increase_pct"}
    assert (decoder["tokens_per_s"].length, decoder["tokens_per_s"].threads) == (64, target.threads)
    budgets = own["text-classification"]
    assert set(budgets) == {"size_mb", "latency_p95_ms", "accuracy_drop"}
    assert budgets["latency_p95_ms"].length in target.lengths
    assert budgets["latency_p95_ms"].threads == target.threads
    assert budgets["accuracy_drop"].baseline == "teacher"


@pytest.mark.parametrize("name", NAMES)
def test_weights_alone_are_no_default_for_generation_without_dot_product(name: str):
    target = load_target(name)
    reads_onnx = "onnx" in target.formats
    if reads_onnx and target.arch == "aarch64" and "dotprod" not in target.cpu.features:
        assert target.scheme["text-generation"] == "int8-dynamic"


A72, A76, A53 = "0x41/0xd08", "0x41/0xd0b", "0x41/0xd03"
DEBIAN = "Debian GNU/Linux 12 (bookworm)"


def fingerprint(device: str, *parts: str, arch: str = "aarch64", os: str = DEBIAN) -> Fingerprint:
    return Fingerprint(
        device=device, arch=arch, cpu_model="", cpu_parts=parts, cores=4, os=os, libc="glibc 2.36", python="3.11.2"
    )


@pytest.mark.parametrize(
    ("device", "part", "arch", "name"),
    [
        ("Raspberry Pi 3 Model B Plus Rev 1.3", A53, "aarch64", "rpi3"),
        ("Raspberry Pi Zero 2 W Rev 1.0", A53, "aarch64", "rpi-zero2w"),
        ("Raspberry Pi 2 Model B Rev 1.2", A53, "aarch64", None),
        ("Raspberry Pi 4 Model B Rev 1.4", A72, "aarch64", "rpi4"),
        ("Raspberry Pi 4 Model B Rev 1.4", A72, "armv7l", "rpi4-32bit"),
        ("Raspberry Pi 400 Rev 1.0", A72, "aarch64", "rpi4"),
        ("Raspberry Pi Compute Module 4 Rev 1.1", A72, "aarch64", "rpi4"),
        ("Raspberry Pi 5 Model B Rev 1.0", A76, "aarch64", "rpi5"),
        ("some other board with the same cores", A76, "aarch64", None),
    ],
)
def test_a_board_is_of_its_own_class_alone(device: str, part: str, arch: str, name: str | None):
    machine = fingerprint(device, part, arch=arch)
    matching = {other for other in NAMES if load_target(other).matches(machine)}
    assert matching - {"generic-arm64"} == ({name} if name else set())
    assert ("generic-arm64" in matching) == (arch == "aarch64")


def test_every_core_must_be_known():
    rpi4, rpi5, generic = (load_target(name) for name in ("rpi4", "rpi5", "generic-arm64"))
    assert not rpi4.matches(fingerprint("Raspberry Pi 4 Model B", A53, A72))
    assert not rpi5.matches(fingerprint("Raspberry Pi 5 Model B")), "a device that names no cores"
    assert generic.matches(fingerprint("unnamed machine")) and generic.matches(fingerprint("x", A76))


@pytest.mark.parametrize("os", ["Android, API level 31", "Linux 5.10.66-android12-9-00001"])
def test_a_phone_is_no_board_and_a_board_no_phone(os: str):
    phone, pi = fingerprint("unnamed machine", A76, os=os), fingerprint("Raspberry Pi 5 Model B Rev 1.0", A76)
    assert [name for name in NAMES if load_target(name).matches(phone)] == ["android-arm64-mid"]
    assert [name for name in NAMES if load_target(name).matches(pi)] == ["generic-arm64", "rpi5"]


def test_the_two_phone_classes_do_not_overlap():
    mid, recent = load_target("android-arm64-mid"), load_target("android-arm64")
    assert not set(mid.cpu.parts) & set(recent.cpu.parts)


def test_an_unknown_name_says_what_was_meant():
    with pytest.raises(NotFoundError, match="unknown target 'rpi-4'") as caught:
        load_target("rpi-4")
    assert caught.value.advice == "did you mean 'rpi4'?"


@pytest.mark.parametrize("name", ["", ".", "no-such-board-anywhere", "\0", "targets/none.yaml", "\0.yaml", "../rpi4"])
def test_no_name_escapes_the_error_tree(name: str):
    with pytest.raises(UsageError):
        load_target(name)


def test_a_file_of_ones_own_is_found_by_its_path(tmp_path: Path):
    assert load_target(str(own_target(tmp_path, name="mine"))).name == "mine"


def test_validate_passes_the_shipped_files():
    result = run("validate", *map(str, shipped_files("targets").values()))
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["ok"] * len(NAMES)


def test_validate_names_the_unknown_key_and_exits_with_2(tmp_path: Path):
    path = own_target(tmp_path, treads=4)
    result = run("validate", str(shipped_files("targets")["rpi5"]), str(path))
    assert result.exit_code == 2
    good, bad = result.output.splitlines()
    assert good.startswith("ok: ")
    line = path.read_text().splitlines().index("treads: 4") + 1
    assert bad == f"error: {path}:{line}: unknown key 'treads'; did you mean 'threads'?"


def test_validate_names_the_place_of_a_nested_error(tmp_path: Path):
    path = own_target(tmp_path, peak={"int8_gop": {"value": 1, "source": "measured"}})
    result = run("validate", str(path), "--json")
    assert result.exit_code == 2
    [row] = json.loads(result.output)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "int8_gop" in text)
    assert row["error"] == f"{path}:{line + 1}: unknown key 'peak.int8_gop'"
    assert row["advice"] == "did you mean 'int8_gops'?"


def test_validate_checks_budgets_as_gate_does(tmp_path: Path):
    for budgets, why in (
        ([{"metric": "size_mb", "limit": 10, "threads": 4}], "size_mb does not depend on threads"),
        ([{"metric": "min_accuracy", "limit": 0.9}], "did you mean min_accuracy=90?"),
        ({"text-generation": [{"metric": "latency_p95_ms", "limit": 9}]}, "is no metric of a decoder"),
    ):
        result = run("validate", str(own_target(tmp_path, name="mine", budgets=budgets)))
        assert result.exit_code == 2
        assert why in result.output


def test_a_list_of_budgets_is_of_classifiers(tmp_path: Path):
    path = own_target(tmp_path, name="mine", budgets=[{"metric": "size_mb", "limit": 3}])
    assert [budget.limit for budget in load_target(str(path)).budgets["text-classification"]] == [3]


def test_a_default_scheme_that_no_runtime_executes_is_refused(tmp_path: Path):
    path = own_target(tmp_path, runtimes=[{"name": "tflite-runtime", "schemes": ["float"]}])
    with pytest.raises(UsageError, match="executed correctly by no runtime"):
        Target.read(path)


def test_a_missing_file_is_one_line_and_2(tmp_path: Path):
    result = run("validate", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert result.output == f"error: {tmp_path / 'none.yaml'} does not exist\n"


def test_list_names_every_target_within_80_columns():
    result = CliRunner().invoke(command, ["list"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert all(f"\n{name} " in result.output for name in NAMES)
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_show_gives_every_source_and_scheme(name: str):
    result = CliRunner().invoke(command, ["show", name], env={"COLUMNS": "400"})
    target = load_target(name)
    assert result.exit_code == 0
    for figure in filter(None, (target.cpu.clock_ghz, target.peak.fp32_gflops, target.peak.int8_gops)):
        assert figure.source in result.output
    for runtime in target.runtimes:
        assert ", ".join(runtime.schemes) in result.output
    assert all(board in result.output for board in target.cpu.boards)


def test_show_reads_no_markup_from_a_file(tmp_path: Path):
    result = run("show", str(own_target(tmp_path, name="mine", title="[red]board[/] :smile:")))
    assert "[red]board[/] :smile:" in result.output


def test_json_reads_back_as_the_same_targets():
    rows = json.loads(run("list", "--json").output)
    assert [Target.parse(row, "json") for row in rows] == [load_target(name) for name in NAMES]
    assert Target.parse(json.loads(run("show", "rpi5", "--json").output), "json") == load_target("rpi5")


def test_show_of_an_unknown_name_is_wrong_usage():
    error = run("show", "rpi6").exception
    assert isinstance(error, NotFoundError)
    assert error.exit_code == 2


@pytest.mark.parametrize("path", [[], ["list"], ["show"], ["validate"]])
def test_every_help_has_an_example(path: list[str]):
    assert "Example:\n" in run(*path, "--help").output
