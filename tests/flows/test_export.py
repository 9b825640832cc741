import json
import shutil
import sys

import pytest
import torch
from click.testing import CliRunner
from tiny_checkpoint import LABELS, TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.agent.inference.classifier import open_classifier
from edgekit.cli import cli
from edgekit.errors import NotFoundError, ParityError, UsageError
from edgekit.export.onnx.calibration import calibrate
from edgekit.flows.export import export
from edgekit.flows.quantize import quantize
from edgekit.models.checkpoint import save_checkpoint
from edgekit.options.export_options import ExportOptions
from edgekit.options.stage_options import QuantizeOptions


def onnx(**options):
    return ExportOptions(format="onnx", **options)


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_a_checkpoint_becomes_a_bundle_in_the_targets_own_scheme(tiny_checkpoint, tmp_path):
    folders = export(tiny_checkpoint, tmp_path / "out", onnx(), golden=TEXTS)
    assert folders == [tmp_path / "out/onnx"]
    manifest = manifest_of(folders[0])
    assert (manifest["scheme"], manifest["target"], manifest["runtime"]) == ("int8-dynamic", "rpi4", "onnxruntime")
    assert manifest["lineage"][-1]["stage"] == "export"
    assert open_classifier(folders[0]).classify(TEXTS[0]).label in LABELS
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_plan_beats_the_target_and_a_contradicting_scheme_is_refused(tiny_checkpoint, tmp_path):
    quantize(tiny_checkpoint, tmp_path / "int4", QuantizeOptions(scheme="int4-weight"))
    folders = export(tmp_path / "int4", tmp_path / "out", onnx())
    assert manifest_of(folders[0])["scheme"] == "int4-weight"
    with pytest.raises(UsageError, match="already quantized as int4-weight"):
        export(tmp_path / "int4", tmp_path / "other", onnx(scheme="float"))


def test_static_without_texts_becomes_dynamic_and_says_so(tiny_checkpoint, tmp_path):
    words = [
        "export",
        str(tiny_checkpoint),
        "--scheme",
        "int8-static",
        "--format",
        "onnx",
        "-o",
        str(tmp_path / "out"),
    ]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0
    assert "--calibrate" in result.output
    manifest = manifest_of(tmp_path / "out/onnx")
    assert manifest["scheme"] == "int8-dynamic"
    assert "--calibrate" in manifest["notes"][0]


def test_static_with_texts(tiny_checkpoint, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS))
    folders = export(tiny_checkpoint, tmp_path / "out", onnx(scheme="int8-static", calibrate=texts))
    manifest = manifest_of(folders[0])
    assert manifest["scheme"] == "int8-static"
    assert str(tmp_path) not in json.dumps(manifest)


def test_nothing_is_left_when_parity_fails(tiny_checkpoint, tmp_path, monkeypatch):
    from edgekit.export.tasks import text_classification

    def broken(*_):
        raise ParityError("no")

    monkeypatch.setattr(text_classification, "check", broken)
    with pytest.raises(ParityError):
        export(tiny_checkpoint, tmp_path / "out", onnx())
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_kept_unless_forced(tiny_checkpoint, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="exists"):
        export(tiny_checkpoint, tmp_path / "out", onnx())
    assert export(tiny_checkpoint, tmp_path / "out", onnx(), force=True)


def test_what_the_target_cannot_execute_is_refused_by_name(tiny_checkpoint, tmp_path):
    with pytest.raises(UsageError, match="tflite-runtime does not execute int8-dynamic"):
        export(tiny_checkpoint, tmp_path / "out", ExportOptions(target="rpi4-32bit", scheme="int8-dynamic"))
    with pytest.raises(UsageError, match="no runtime for onnx"):
        export(tiny_checkpoint, tmp_path / "out", onnx(target="rpi4-32bit"))
    with pytest.raises(UsageError, match="not written to TFLite"):
        texts = tmp_path / "texts.txt"
        texts.write_text("\n".join(TEXTS))
        options = ExportOptions(format="tflite", scheme="int8-static", calibrate=texts)
        export(tiny_checkpoint, tmp_path / "out", options)


def test_of_all_formats_those_that_cannot_be_are_left_out_with_a_note(tiny_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    folders = export(tiny_checkpoint, tmp_path / "out", ExportOptions())
    assert [folder.name for folder in folders] == ["onnx"]
    assert any("TFLite export needs" in note for note in manifest_of(folders[0])["notes"])


def test_lengths_beyond_the_model_are_refused(tiny_checkpoint, tmp_path):
    with pytest.raises(UsageError, match="more than the 48 tokens"):
        export(tiny_checkpoint, tmp_path / "out", onnx(max_length=49))


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="nothing-here"):
        export("./nothing-here", tmp_path / "out", onnx())


def test_without_o_the_bundles_lie_in_the_working_directory(tiny_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["export", str(tiny_checkpoint), "--target", "rpi5", "--format", "onnx"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "tiny-rpi5/onnx/manifest.json").is_file()


def test_typed_in_a_checkpoint_the_bundles_lie_beside_it(tiny_checkpoint, tmp_path, monkeypatch):
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "mine")
    monkeypatch.chdir(copy)
    result = CliRunner().invoke(cli, ["export", "--target", "rpi4", "--format", "onnx"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "mine-rpi4/onnx/manifest.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "mine-rpi4"]


def test_pairs_calibrate_as_pairs(tmp_path):
    """The ranges are those of the first block's input as PyTorch sees it, second texts with their type."""
    tokenizer = tiny_tokenizer("bert")
    model = tiny_classifier(tokenizer, family="bert").eval()
    with torch.no_grad():
        model.bert.embeddings.token_type_embeddings.weight[1] *= 40
    (tmp_path / "bert").mkdir()
    save_checkpoint(model, tokenizer, tmp_path / "bert", lineage=())
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[2], TEXTS[0])]
    lines = ["sentence1\tsentence2", *(f"{one}\t{other}" for one, other in pairs)]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines) + "\n")
    options = onnx(scheme="int8-static", calibrate=tmp_path / "pairs.tsv")
    (folder,) = export(tmp_path / "bert", tmp_path / "out", options)
    assert manifest_of(folder)["plan"]["calibration"] == [list(pair) for pair in pairs]
    seen = []
    query = model.bert.encoder.layer[0].attention.self.query
    query.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    for one, other in pairs:
        model(**tokenizer(one, other, return_tensors="pt"))
    found = calibrate(model, tokenizer, pairs, 32)["bert.encoder.layer.0.attention.self.query.weight"]
    assert found.low == pytest.approx(min(float(values.min()) for values in seen), abs=1e-4)
    assert found.high == pytest.approx(max(float(values.max()) for values in seen), abs=1e-4)
