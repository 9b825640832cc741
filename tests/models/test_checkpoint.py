"""Opening checkpoints: what is refused, with which words, and that no pickle is ever read."""

from __future__ import annotations

import json
import shutil

import pytest

from edgekit.errors import NotFoundError, UsageError
from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint
from edgekit.models.model_task import resolve_task
from edgekit.models.sizes import tensor_parts
from edgekit.options.model_ref import ModelRef


@pytest.fixture
def copy(tiny_checkpoint, tmp_path):
    return shutil.copytree(tiny_checkpoint, tmp_path / "copy")


def test_labels_and_family_come_from_the_configuration(tiny_checkpoint):
    checkpoint = open_checkpoint(tiny_checkpoint)
    assert (checkpoint.family, checkpoint.labels) == ("distilbert", ("lights", "weather", "alarm"))


def test_task_is_read_from_the_checkpoint_and_may_be_said(tiny_checkpoint):
    assert resolve_task(open_checkpoint(tiny_checkpoint)).name == "text-classification"
    said = open_checkpoint(ModelRef(str(tiny_checkpoint), task="text-generation"))
    assert resolve_task(said).name == "text-generation"


@pytest.mark.parametrize("source", ["./not-there", "/no/such/folder", "a/b/c"])
def test_missing_folder_is_not_sought_on_the_hub(source):
    with pytest.raises(NotFoundError, match="does not exist"):
        open_checkpoint(source)


def test_hub_id_that_cannot_be_fetched_says_so(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for source in ("nobody/no-such-model", "my-modle"):
        with pytest.raises(NotFoundError, match=r"is no folder here, and the hub could not be reached$"):
            open_checkpoint(source)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("RepositoryNotFoundError", "the hub has no such model"),
        ("GatedRepoError", "only to those who accepted its terms"),
        ("RevisionNotFoundError", "not its revision 'v9'"),
        ("HfHubHTTPError", "the hub could not be reached"),
    ],
)
def test_what_the_hub_answers_is_said_in_one_whole_sentence(monkeypatch, kind, sentence):
    import huggingface_hub
    import requests

    def refuse(*_: object, **__: object) -> None:
        raise getattr(huggingface_hub.errors, kind)("404 Client Error. " * 40, response=requests.Response())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(NotFoundError) as caught:
        open_checkpoint(ModelRef("nobody/no-such-model", revision="v9"))
    assert sentence in caught.value.message
    assert "404" not in caught.value.message


def test_pickled_weights_are_refused(copy):
    import torch

    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"no \.safetensors weights"):
        load_classifier(open_checkpoint(copy))


@pytest.mark.parametrize("cut", [0, 7, 200, 4000])
def test_truncated_weights_are_one_clear_error(copy, cut):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_classifier(open_checkpoint(copy))
    with pytest.raises(UsageError, match="corrupt"):
        tensor_parts(open_checkpoint(copy))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"vocab_size": "many"}'])
def test_broken_tokenizer_is_one_clear_error(copy, text):
    (copy / "tokenizer.json").write_text(text)
    for name in ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (copy / name).unlink(missing_ok=True)
    with pytest.raises(UsageError, match="no usable tokenizer"):
        load_tokenizer(open_checkpoint(copy))


def test_unknown_key_in_the_extras_is_refused(copy):
    extras = json.loads((copy / "edgekit.json").read_text())
    (copy / "edgekit.json").write_text(json.dumps(extras | {"block": []}))
    with pytest.raises(UsageError, match="unknown key 'block'"):
        open_checkpoint(copy)


def test_parts_add_up_to_the_parameters(tiny_checkpoint):
    parts, parameters = tensor_parts(open_checkpoint(tiny_checkpoint))
    model = load_classifier(open_checkpoint(tiny_checkpoint))
    assert parameters == sum(parameter.numel() for parameter in model.parameters())
    assert sum(parts.values()) == 4 * parameters
    assert "other" not in parts


def change_config(folder, **changes):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}))
    return folder


def change_weights(folder, change):
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})
    return folder


def without(*starts):
    return lambda state: {name: value for name, value in state.items() if not name.startswith(starts)}


def test_weights_without_a_head_do_not_answer_at_random(copy):
    change_weights(copy, without("classifier", "pre_classifier"))
    with pytest.raises(UsageError, match="no trained classification head: fine-tune it first"):
        load_classifier(open_checkpoint(copy))
    assert load_classifier(open_checkpoint(copy), ("a", "b")).config.num_labels == 2


@pytest.mark.parametrize("labels", [None, ("a", "b")])
def test_missing_and_misshapen_weights_of_the_body_are_refused(copy, labels):
    change_weights(copy, without("distilbert.transformer.layer.1.ffn"))
    with pytest.raises(UsageError, match=r"lack distilbert\.transformer\.layer\.1\.ffn"):
        load_classifier(open_checkpoint(copy), labels)


def test_misshapen_weights_are_not_made_anew(copy):
    change_config(copy, hidden_dim=96)
    with pytest.raises(UsageError, match=r"distilbert\.transformer\.layer\.0\.ffn"):
        load_classifier(open_checkpoint(copy), ("a", "b"))


@pytest.mark.parametrize("changes", [{"model_type": "nonsense"}, {"n_layers": "many"}, {"model_type": ...}])
def test_broken_configuration_is_one_clear_error(copy, changes):
    with pytest.raises(UsageError, match="cannot be"):
        load_classifier(open_checkpoint(change_config(copy, **changes)))


@pytest.mark.parametrize("named", [["pipeline"], ["Trainer"], ["NoSuch"], [], {"a": 1}, 3, [None]])
def test_architectures_that_are_no_model_class(copy, named):
    with pytest.raises(UsageError, match="names no architecture"):
        resolve_task(open_checkpoint(change_config(copy, architectures=named)))


@pytest.mark.parametrize("labels", [{"zero": "a"}, ["a", "b"], "a", {"0": "a", "2": "b"}])
def test_labels_that_are_not_numbered_are_refused(copy, labels):
    with pytest.raises(UsageError, match="id2label"):
        open_checkpoint(change_config(copy, id2label=labels))


def test_a_classifier_of_two_labels_without_names_has_those_of_transformers(copy):
    assert open_checkpoint(change_config(copy, id2label=...)).labels == ("LABEL_0", "LABEL_1")
    assert open_checkpoint(change_config(copy, architectures=["DistilBertForMaskedLM"])).labels == ()


def test_task_that_was_said_is_honoured(tiny_checkpoint):
    with pytest.raises(UsageError, match="text-generation"):
        load_classifier(open_checkpoint(ModelRef(str(tiny_checkpoint), task="text-generation")))


@pytest.fixture
def pruned(tiny_checkpoint, tmp_path):
    import torch

    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.models.registry import describe
    from edgekit.models.resize import keep_ffn

    checkpoint = open_checkpoint(tiny_checkpoint)
    model = load_classifier(checkpoint)
    with torch.no_grad():
        keep_ffn(describe(model).blocks[1], torch.arange(32))
    folder = tmp_path / "pruned"
    folder.mkdir()
    save_checkpoint(model, load_tokenizer(checkpoint), folder, lineage=())
    return folder


def test_a_pruned_checkpoint_takes_other_labels(pruned):
    import torch

    old, new = (load_classifier(open_checkpoint(pruned), labels) for labels in (None, ("a", "b")))
    assert new.classifier.out_features == 2
    assert torch.equal(old.pre_classifier.weight, new.pre_classifier.weight)
    assert torch.equal(
        old.distilbert.transformer.layer[1].ffn.lin1.weight, new.distilbert.transformer.layer[1].ffn.lin1.weight
    )


def test_a_pruned_checkpoint_in_several_files_beside_scales(pruned):
    import torch
    from safetensors.torch import load_file, save_file

    expected = load_file(pruned / "model.safetensors")
    (pruned / "model.safetensors").unlink()
    names = sorted(expected)
    for index, half in enumerate((names[::2], names[1::2])):
        save_file({name: expected[name] for name in half}, pruned / f"model-0000{index + 1}-of-00002.safetensors")
    save_file({"classifier.weight": torch.ones(3)}, pruned / "scales.safetensors")
    state = load_classifier(open_checkpoint(pruned)).state_dict()
    assert all(torch.equal(state[name], value) for name, value in expected.items())
    change_config(pruned, hidden_dim=96)
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_classifier(open_checkpoint(pruned))


def test_a_pruned_checkpoint_without_a_head(pruned):
    change_weights(pruned, without("classifier"))
    with pytest.raises(UsageError, match="no trained classification head"):
        load_classifier(open_checkpoint(pruned))


@pytest.mark.parametrize("name", ["distilbert.transformer.layer.0.attention.q_norm.weight", "transformer.layer.7.x"])
def test_weights_that_the_model_has_no_place_for_are_named(copy, name):
    import torch
    from safetensors.torch import load_file, save_file

    state = load_file(copy / "model.safetensors")
    save_file({**state, "vocab_projector.bias": torch.ones(3)}, copy / "model.safetensors", {"format": "pt"})
    load_classifier(open_checkpoint(copy))
    save_file({**state, name: torch.ones(4)}, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(UsageError, match=rf"hold {name}, which a distilbert of this config.json lacks"):
        load_classifier(open_checkpoint(copy))


def test_weights_of_half_the_precision_are_read_in_full(copy):
    """Newer releases of transformers compute in the type of the file where nothing is said."""
    import torch
    from safetensors.torch import load_file, save_file

    state = load_file(copy / "model.safetensors")
    save_file({name: value.bfloat16() for name, value in state.items()}, copy / "model.safetensors", {"format": "pt"})
    for key in ("torch_dtype", "dtype"):
        config = json.loads((copy / "config.json").read_text())
        config = {name: value for name, value in config.items() if name not in ("dtype", "torch_dtype")}
        (copy / "config.json").write_text(json.dumps(config | {key: "bfloat16"}))
        assert {each.dtype for each in load_classifier(open_checkpoint(copy)).parameters()} == {torch.float32}
