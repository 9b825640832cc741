"""Layer-wise decay of the learning rate, by how far a first step of Adam carries the weights: as far as the rate."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file
from tiny_checkpoint import tiny_classifier, tiny_tokenizer
from tiny_decoder import byte_level_bpe, tiny_classifier_of, tiny_gpt2, tiny_llama
from tiny_recipe import write_data

from edgekit.compress.training.trainer import decay_by_layer
from edgekit.errors import UsageError
from edgekit.flows.train.train import finetune
from edgekit.models.checkpoint import save_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.families import ENCODERS

RATE, DECAY = 1e-3, 0.5
# one step of the whole rate
ONE_STEP = FinetuneOptions(
    epochs=0.1, batch_size=64, max_length=16, learning_rate=RATE, layer_decay=DECAY, weight_decay=0, warmup=0
)


def rates(model):
    """The rate of every parameter, by name; each stands in one group of those that it stood in."""
    named = {id(parameter): name for name, parameter in model.named_parameters()}
    tables = [{"params": [each for each in model.parameters() if each.ndim > 1], "weight_decay": 0.1}]
    rest = [{"params": [each for each in model.parameters() if each.ndim == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(tables + rest, lr=RATE)
    decay_by_layer(optimizer, model, DECAY)
    found = {}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            assert named[id(parameter)] not in found
            assert group["weight_decay"] == (0.1 if parameter.ndim > 1 else 0.0)
            found[named[id(parameter)]] = group["lr"] / RATE
    assert len(found) == len(named)
    return found


def of(found, part):
    values = {value for name, value in found.items() if part in name}
    assert len(values) == 1, f"{part}: {values}"
    return values.pop()


@pytest.mark.parametrize("family", ENCODERS)
def test_of_encoders(family):
    found = rates(tiny_classifier(tiny_tokenizer(family), family=family))
    assert of(found, "classifier") == 1
    if family == "albert":  # both layers are one block
        assert of(found, "albert_layers.0.") == DECAY
        assert of(found, "embedding") == DECAY**2
        assert of(found, "pooler") == 1
    else:
        assert (of(found, "layer.1."), of(found, "layer.0.")) == (DECAY, DECAY**2)
        assert of(found, "embeddings.") == DECAY**3


@pytest.mark.parametrize(("make", "block"), [(tiny_gpt2, "h.{}."), (tiny_llama, "layers.{}.")])
@pytest.mark.parametrize("classifies", [False, True])
def test_of_decoders(make, block, classifies):
    tokenizer = byte_level_bpe()
    model = make(tokenizer, tie_word_embeddings=True)
    layers = model.config.num_hidden_layers
    found = rates(tiny_classifier_of(model, tokenizer) if classifies else model)
    for layer in range(layers):
        assert of(found, block.format(layer)) == DECAY ** (layers - layer)
    # a head that is the token embedding learns as the table
    assert of(found, "wte" if make is tiny_gpt2 else "embed_tokens") == DECAY ** (layers + 1)
    assert of(found, "ln_f" if make is tiny_gpt2 else "model.norm") == 1
    assert not classifies or of(found, "score") == 1


def test_an_unknown_family_is_refused():
    from transformers import ElectraConfig, ElectraForSequenceClassification

    small = ElectraConfig(vocab_size=50, embedding_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    with pytest.raises(UsageError, match="electra"):
        rates(ElectraForSequenceClassification(small))


def test_training_takes_it(tmp_path):
    tokenizer = tiny_tokenizer()
    (tmp_path / "start").mkdir()
    save_checkpoint(tiny_classifier(tokenizer), tokenizer, tmp_path / "start", lineage=())
    data = DataSpec.from_text(str(write_data(tmp_path / "data")))
    made = finetune(tmp_path / "start", data, tmp_path / "made", ONE_STEP)
    before, after = (load_file(folder / "model.safetensors") for folder in (tmp_path / "start", made))
    # keys move all scores of a query alike by their bias, which softmax forgets: it has no gradient
    body = [name for name in after if "transformer" in name and not name.endswith("k_lin.bias")]
    for name in (*body, "distilbert.embeddings.word_embeddings.weight"):
        far = (after[name] - before[name]).abs().max().item()
        below = 3 if "embeddings" in name else 2 - int(name.split(".layer.")[1][0])
        assert far == pytest.approx(RATE * DECAY**below, rel=1e-3), name
