"""`edgekit predict`: a path is never labelled, what is piped is, and a text is not taken for a pair."""

import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner
from command_line import edgekit as run
from tiny_bundle import TEXTS, rewrite

import edgekit
from edgekit.agent.inference.classifier import open_classifier
from edgekit.cli import cli
from edgekit.errors import UsageError


def piped(*words, stdin):
    return CliRunner().invoke(cli, ["predict", *map(str, words)], input=stdin)


def label_of(bundle, text, pair=None):
    return open_classifier(bundle).classify(text, pair).label


def test_what_is_piped_is_labelled_and_never_the_path(onnx_bundle):
    result = piped(onnx_bundle, stdin="open\nlock the door\n")
    assert result.exit_code == 0, result.output
    found = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert found == [label_of(onnx_bundle, text) for text in ("open", "lock the door")]


def test_on_a_terminal_a_text_is_asked_for(onnx_bundle):
    ours, theirs = pty.openpty()
    try:
        words = [sys.executable, "-m", "edgekit", "predict", str(onnx_bundle)]
        done = subprocess.run(words, stdin=theirs, capture_output=True, text=True, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no text was given" in done.stderr


@pytest.mark.parametrize("command", ["predict", "generate"])
def test_a_path_is_no_text(command, onnx_bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two words").mkdir()
    for words, says in (
        (["two words"], "two words is a folder, and neither a bundle"),
        (["out/onnx"], "there is no bundle at out/onnx"),
        (["open", str(onnx_bundle)], "is the bundle, and stands first"),
    ):
        code, out, err = run(command, *words)
        assert (code, out) == (2, ""), words
        assert says in err
    assert "BUNDLE 'two words'" in run(command, "two words")[2]


def test_a_text_with_a_stroke_is_one_beside_its_bundle(onnx_bundle):
    assert run("predict", onnx_bundle, "open/close")[0] == 0


def test_one_text_gives_one_prediction_and_a_list_a_list(onnx_bundle):
    one = edgekit.predict(onnx_bundle, "open")
    assert one.label == label_of(onnx_bundle, "open")
    assert edgekit.predict(str(onnx_bundle), ["open"]) == [one]
    assert edgekit.predict(onnx_bundle, ("open", "open")) == [one, one]
    pairs = edgekit.predict(onnx_bundle, [TEXTS[2]])
    assert pairs == [edgekit.predict(onnx_bundle, TEXTS[2][0], pair=TEXTS[2][1])]
    with pytest.raises(UsageError, match="one second text"):
        edgekit.predict(onnx_bundle, ["open"], pair="the door")


def test_a_model_of_pairs_takes_no_single_text(onnx_bundle):
    bundle = rewrite(onnx_bundle, pairs="only")
    first, second = TEXTS[2]
    assert run("predict", bundle, first, "--pair", second)[0] == 0
    code, out, err = run("predict", bundle, first)
    assert (code, out) == (2, "")
    assert "takes pairs of texts, and was given one text" in err
    with pytest.raises(UsageError, match="takes pairs of texts"):
        edgekit.predict(bundle, first)
    lines = piped(bundle, "--json", stdin=f"{first}\t{second}\n")
    assert json.loads(lines.stdout)["label"] == label_of(bundle, first, second)


def test_a_model_of_single_texts_takes_no_pair(onnx_bundle):
    bundle = rewrite(onnx_bundle, pairs=False)
    code, out, err = run("predict", bundle, "open", "--pair", "")
    assert (code, out) == (2, "")
    assert "takes single texts, and was given a pair" in err
