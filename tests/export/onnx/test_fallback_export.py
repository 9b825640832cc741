import pytest
import torch
from bundles import build
from tiny_checkpoint import LABELS, TEXTS, tiny_tokenizer

from edgekit.errors import ParityError, UsageError
from edgekit.export.source import Source
from edgekit.flows.export import export
from edgekit.models.transformers_release import release
from edgekit.options.export_options import ExportOptions
from edgekit.tasks import text_classification


@pytest.fixture(scope="module")
def tokenizer():
    """One that gives token types."""
    return tiny_tokenizer("bert")


@pytest.fixture(scope="module")
def electra(tokenizer):
    """A family that edgekit has no description of."""
    from transformers import ElectraConfig, ElectraForSequenceClassification

    torch.manual_seed(0)
    config = ElectraConfig(
        vocab_size=len(tokenizer),
        embedding_size=32,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        max_position_embeddings=48,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    return ElectraForSequenceClassification(config).eval()


def test_a_family_without_description_is_exported_in_float(electra, tokenizer, tmp_path):
    manifest = build(
        Source(electra, tokenizer, "tiny", task=text_classification.TASK),
        tmp_path / "bundle",
        golden=[*TEXTS, ("turn", "on")],
    )
    assert manifest.parity.reference == "checkpoint"
    assert "token_type_ids" in {spec.name for spec in manifest.inputs}
    exporter = "transformers" if release() >= 5 else "optimum"
    assert f"electra models are exported by {exporter}, in float only" in manifest.notes


def test_the_flow_takes_float_and_refuses_the_rest(electra, tokenizer, tmp_path):
    electra.save_pretrained(tmp_path / "electra")
    tokenizer.save_pretrained(tmp_path / "electra")
    folders = export(tmp_path / "electra", tmp_path / "out", ExportOptions())
    assert [folder.name for folder in folders] == ["onnx"]
    for options in (ExportOptions(scheme="int8-dynamic"), ExportOptions(format="tflite")):
        with pytest.raises(UsageError, match="'electra', cannot be taken apart: it is exported to ONNX in float"):
            export(tmp_path / "electra", tmp_path / "other", options)


def test_what_an_exporter_passes_over_of_a_models_inputs_is_no_silent_change(tokenizer, tmp_path):
    """A GPT-Neo takes token types for words, which are added to every token that is given any."""
    from transformers import GPTNeoConfig, GPTNeoForSequenceClassification

    shape = {"hidden_size": 32, "num_layers": 1, "num_heads": 4, "attention_types": [[["global"], 1]]}
    config = GPTNeoConfig(vocab_size=len(tokenizer), max_position_embeddings=48, pad_token_id=0, **shape)
    torch.manual_seed(0)
    model = GPTNeoForSequenceClassification(config).eval()
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    model.save_pretrained(tmp_path / "neo")
    tokenizer.save_pretrained(tmp_path / "neo")
    with pytest.raises(ParityError, match="does not reproduce its checkpoint"):
        export(tmp_path / "neo", tmp_path / "out", ExportOptions())
