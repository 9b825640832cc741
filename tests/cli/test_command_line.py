"""The door: quick, lazy, the same shape for every command, and one line for every error."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys

import click
import command_line
import pytest
from tiny_bundle import LABELS, golden_rows, seal, write_golden
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.cli import COMMANDS, SECTIONS, SYNONYMS, cli, main
from edgekit.models.checkpoint import save_checkpoint

GROUPS = ("recipes", "targets", "devices")
LEAVES = [name for name in COMMANDS if name not in GROUPS]


def edgekit(*words, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "edgekit", *map(str, words)], capture_output=True, text=True, check=False, **kwargs
    )


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom edgekit.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'pydantic', 'onnx', 'onnxruntime', 'rich', 'numpy', 'yaml'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert all(name in run.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    "name",
    [
        *LEAVES,
        *("targets list", "targets show", "targets validate", "targets detect", "recipes list", "recipes show"),
        *(f"devices {name}" for name in ("find", "add", "list", "remove", "doctor", "setup")),
    ],
)
def test_every_command_has_an_example_and_json(name):
    command: click.Command = cli
    context = click.Context(cli)
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
    assert command.help, name
    assert f"edgekit {name.split()[0]}" in command.help, f"{name} has no example"
    assert any("--json" in parameter.opts for parameter in command.params), f"{name} has no --json"


@pytest.mark.parametrize("words", [[], *([name] for name in GROUPS)])
def test_a_group_alone_prints_its_help(words):
    code, told, error = command_line.edgekit(*words)
    assert (code, error) == (0, "")
    assert told == command_line.edgekit(*words, "--help")[1]
    assert told.count("\n") > 10


def test_commands_stand_by_what_one_wants():
    told = command_line.edgekit("--help")[1]
    assert re.findall(r"^(\w.*):$", told, re.MULTILINE) == ["Options", *SECTIONS]


@pytest.mark.parametrize("name", ["finetune", "distill", "prune"])
def test_options_of_training_stand_in_sections(name):
    told = command_line.edgekit(name, "--help")[1]
    own = {"finetune": [], "distill": ["Distillation"], "prune": ["Pruning"]}[name]
    titles = re.findall(r"^(\w[\w ]*):$", told, re.MULTILINE)
    assert set(titles) == {"Model", "Data", "Training", "Options", *own}
    assert titles[-1] == "Options"


@pytest.mark.parametrize(("word", "command"), [("train", "finetune"), ("convert", "export"), ("version", "--version")])
def test_synonyms_lead_on(word, command):
    code, _, told = command_line.edgekit(word)
    assert code == 2
    assert f"did you mean `edgekit {command}`?" in told


@pytest.mark.parametrize("word", sorted(SYNONYMS))
def test_synonyms_are_no_commands_and_lead_to_some(word):
    assert word not in COMMANDS
    assert SYNONYMS[word].split()[0] in {*COMMANDS, "--version", "--help"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_a_shell(shell):
    code, told, _ = command_line.edgekit("completion", shell)
    assert code == 0
    assert "_EDGEKIT_COMPLETE" in told


def test_completion_completes():
    environment = {**os.environ, "_EDGEKIT_COMPLETE": "bash_complete", "COMP_WORDS": "edgekit exp", "COMP_CWORD": "1"}
    assert edgekit(env=environment).stdout == "plain,export\n"


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_documented(name, request):
    guide = (request.config.rootpath / "edgekit" / "guides" / "commands.md").read_text()
    assert f"edgekit {name}" in guide


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["exprot"], 2, "did you mean `edgekit export`"),
        (["export", "--targt", "rpi4"], 2, "--target"),
        (["export", "nowhere/at/all"], 2, "does not exist"),
        (["export"], 2, "no checkpoint was given"),
        (["gate"], 2, "no bundle was given"),
        (["predict", "a", "b", "c"], 2, "one text"),
        (["run", "quickstrat"], 2, "did you mean 'quickstart'"),
        (["run", "quickstart", "--set", "stages.distil.epochs=3"], 2, "did you mean 'distill'"),
        (["run", "quickstart", "--set", "nonsense"], 2, "not key=value"),
        (["finetune", "--data", "smart-home"], 2, "no checkpoint was given"),
        (["finetune", "x", "--data", "smart-hom"], 2, "did you mean 'smart-home'"),
        (["inspect", "nowhere/at/all"], 2, "does not exist"),
        (["profile", "nowhere.onnx"], 2, "does not exist"),
        (["distill", "x", "--epochs", "-1", "--data", "smart-home"], 2, "epochs"),
    ],
)
def test_wrong_usage_is_one_clear_line(words, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended, _, told = command_line.edgekit(*words)
    assert ended == code, told
    assert said in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == [], "something was left behind"


def test_a_process_ends_with_the_code_and_the_line(tmp_path):
    run = edgekit("inspect", "nowhere/at/all", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "does not exist" in run.stderr
    assert "Traceback" not in run.stderr


def test_debug_shows_the_traceback(tmp_path):
    assert "Traceback" in edgekit("inspect", "nowhere/at/all", "--debug", cwd=tmp_path).stderr


def test_module_and_script_are_the_same_program():
    assert edgekit("--version").stdout.startswith("edgekit, version")


def test_a_signal_that_comes_while_an_error_is_told(monkeypatch, capsys):
    def told(error, debug):
        signal.raise_signal(signal.SIGTERM)
        return 2

    monkeypatch.setattr("edgekit.cli._explain", told)
    with pytest.raises(SystemExit) as stop:
        main(["inspect", "nowhere/at/all"])
    assert stop.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err.strip() == "interrupted; call again to go on"


class EndedInside:
    """A sequence that native code asks, and that a signal comes to meanwhile."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_native_code_makes_an_error_of_its_own(monkeypatch, tmp_path, capsys):
    import torch

    tokenizer = tiny_tokenizer()
    (tmp_path / "c").mkdir()
    save_checkpoint(tiny_classifier(tokenizer), tokenizer, tmp_path / "c", lineage=())
    monkeypatch.setattr("edgekit.models.checkpoint.load_plain", lambda *anything: torch.tensor(EndedInside()))
    (tmp_path / "rows.tsv").write_text("text\tlabel\n" + "".join(f"{text}\tlights\n" for text in TEXTS))
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", str(tmp_path / "c"), "--data", str(tmp_path / "rows.tsv")])
    assert stop.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; call again to go on"


def test_labels_survive_an_output_that_lacks_their_letters(onnx_bundle, tmp_path, monkeypatch):
    labels = ("打开", "fermé", "выкл")
    named = dict(zip(LABELS, labels, strict=True))
    write_golden(onnx_bundle, [row | {"label": named[row["label"]]} for row in golden_rows()])
    seal(onnx_bundle, labels=labels)
    rows = [f"{text}\t{labels[index % len(labels)]}" for index, text in enumerate(TEXTS)]
    (tmp_path / "rows.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
    words = ("evaluate", onnx_bundle, "--test", tmp_path / "rows.tsv")
    known = {"env": {**os.environ, "PYTHONIOENCODING": "latin-1"}, "encoding": "latin-1"}
    told = edgekit(*words, **known)
    assert told.returncode == 0, told.stderr
    assert r"\u6253\u5f00" in told.stdout and "fermé" in told.stdout
    with io.TextIOWrapper(io.BytesIO(), encoding="latin-1") as output:
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(SystemExit) as stop:
            main([*map(str, words), "--json"])
        output.flush()
        written = output.buffer.getvalue().decode("latin-1")
    assert not stop.value.code
    assert {row["label"] for row in json.loads(written)["classes"]} == set(labels)
