"""Rotary positions in the forms of transformers 4 and 5: by either release the numbers of the formula."""

import json
import math

import pytest
import torch
from command_line import edgekit
from tiny_decoder import byte_level_bpe, save_decoder, tiny_llama

from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_decoder, open_checkpoint

FORMS = ("rope_parameters", "rope_scaling", "rope_theta")
THETA = 100_000.0
LLAMA3 = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
TEXT = "the fox and the crow sat on the wall and looked at the moon"


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    tokenizer = byte_level_bpe()
    return save_decoder(tiny_llama(tokenizer), tokenizer, tmp_path_factory.mktemp("rotary") / "llama")


def with_positions(llama, tmp_path, **said):
    """A copy whose configuration says this of its rotary positions, and nothing else."""
    folder = tmp_path / "said"
    folder.mkdir()
    for path in llama.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    kept = {key: value for key, value in json.loads((folder / "config.json").read_text()).items() if key not in FORMS}
    (folder / "config.json").write_text(json.dumps(kept | said))
    return folder


def wavelengths(kind="default", theta=THETA, size=16):
    """The angle by which each pair of a head turns from one position to the next, by hand."""
    plain = [theta ** (-2 * pair / size) for pair in range(size // 2)]
    if kind == "linear":
        return [angle / 2.0 for angle in plain]
    if kind == "llama3":
        return [_llama3(angle, **LLAMA3) for angle in plain]
    return plain


def _llama3(angle, factor, low_freq_factor, high_freq_factor, original_max_position_embeddings):
    turns = original_max_position_embeddings * angle / (2 * math.pi)
    if turns > high_freq_factor:
        return angle
    if turns < low_freq_factor:
        return angle / factor
    smooth = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor)
    return (1 - smooth) * angle / factor + smooth * angle


def logits_by_hand(folder, ids, angles):
    """The logits [positions, vocabulary] of the tiny Llama from its weights, without transformers."""
    from safetensors.torch import load_file

    weights = {
        name.removeprefix("model."): value.double() for name, value in load_file(folder / "model.safetensors").items()
    }
    turned = torch.arange(len(ids))[:, None] * torch.tensor(angles, dtype=torch.float64)
    cosines, sines = (torch.cat([part, part], -1) for part in (turned.cos(), turned.sin()))

    def norm(x, name):
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * weights[f"{name}.weight"]

    def heads(x, name, rotated):
        split = (x @ weights[f"{name}.weight"].T).unflatten(-1, (-1, 16)).transpose(0, 1)
        other = torch.cat([-split[..., 8:], split[..., :8]], -1)
        return split * cosines + other * sines if rotated else split

    x = weights["embed_tokens.weight"][ids]
    future = torch.full((len(ids), len(ids)), -math.inf, dtype=torch.float64).triu(1)
    for layer in ("layers.0", "layers.1"):
        read = norm(x, f"{layer}.input_layernorm")
        query = heads(read, f"{layer}.self_attn.q_proj", True)
        key, value = (
            heads(read, f"{layer}.self_attn.{name}_proj", name == "k").repeat_interleave(2, 0) for name in "kv"
        )
        mixed = torch.softmax(query @ key.transpose(1, 2) / 4 + future, -1) @ value
        x = x + mixed.transpose(0, 1).flatten(1) @ weights[f"{layer}.self_attn.o_proj.weight"].T
        read = norm(x, f"{layer}.post_attention_layernorm")
        gate, up = (read @ weights[f"{layer}.mlp.{name}_proj.weight"].T for name in ("gate", "up"))
        x = x + (torch.nn.functional.silu(gate) * up) @ weights[f"{layer}.mlp.down_proj.weight"].T
    return norm(x, "norm") @ weights["embed_tokens.weight"].T


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("default", {"rope_parameters": {"rope_type": "default", "rope_theta": THETA}}),
        ("default", {"rope_theta": THETA, "rope_scaling": None}),
        ("default", {"rope_theta": THETA, "rope_parameters": {"rope_type": "default"}}),
        ("default", {"rope_theta": THETA, "rope_parameters": {"rope_theta": THETA, "partial_rotary_factor": 1.0}}),
        ("linear", {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": THETA}}),
        ("linear", {"rope_theta": THETA, "rope_scaling": {"type": "linear", "factor": 2.0}}),
        ("llama3", {"rope_parameters": {"rope_type": "llama3", "rope_theta": THETA, **LLAMA3}}),
        ("llama3", {"rope_theta": THETA, "rope_scaling": {"rope_type": "llama3", **LLAMA3}}),
    ],
)
def test_positions_of_either_release_are_those_of_the_formula(kind, said, llama, tmp_path):
    folder = with_positions(llama, tmp_path, **said)
    ids = torch.tensor(byte_level_bpe()(TEXT)["input_ids"])
    expected = logits_by_hand(folder, ids, wavelengths(kind))
    found = load_decoder(open_checkpoint(folder))(ids[None]).logits[0].double()
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    others = logits_by_hand(folder, ids, wavelengths("default", 10_000.0))
    assert (expected - others).abs().max() > 0.05  # as they were read before


def test_perplexity_is_that_of_the_formula(llama, tmp_path):
    folder = with_positions(llama, tmp_path, rope_parameters={"rope_type": "default", "rope_theta": THETA})
    (tmp_path / "fox.txt").write_text(TEXT)
    code, out, err = edgekit("evaluate", folder, "--data", tmp_path / "fox.txt", "--json")
    assert code == 0, err
    ids = torch.tensor([0, *byte_level_bpe()(TEXT)["input_ids"]])
    logits = torch.log_softmax(logits_by_hand(folder, ids, wavelengths())[:-1], -1)
    expected = float((-logits.gather(1, ids[1:, None])).mean().exp())
    assert json.loads(out)["perplexity"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (
            {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 1e6}}},
            "differ by kind of layer",
        ),
        (
            {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
            "'dynamic' change with the length",
        ),
        ({"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4}}, "'longrope' change with the length"),
        ({"rope_parameters": {"rope_type": "proportional", "rope_theta": 1e4}}, "'proportional' are not known"),
        ({"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5}}, "partial_rotary_factor: 0.5"),
        ({"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4}}, "lack factor"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2, "short_factor": [1]}}, "short_factor: "),
        ({"rope_parameters": {"rope_theta": "x"}}, "rope_theta of rope_parameters must be a number above 0"),
        ({"rope_parameters": [1]}, "rope_parameters must be a mapping"),
        ({"rope_theta": 5e4, "rope_parameters": {"rope_theta": 1e4}}, "other rotary positions than"),
        (
            {"rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_theta": 1e4}},
            "other rotary positions",
        ),
        (
            {"rope_scaling": {"type": "linear", "rope_type": "yarn", "factor": 2}},
            "both rope_type 'yarn' and type 'linear'",
        ),
        ({"rope_scaling": {"type": "su", "factor": 2}}, "'su' are not known"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor: 0.5"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(said, refusal, llama, tmp_path):
    folder = with_positions(llama, tmp_path, **said)
    with pytest.raises(UsageError) as caught:
        load_decoder(open_checkpoint(folder))
    assert refusal in caught.value.message


def test_a_checkpoint_that_is_saved_again_keeps_its_positions(llama, tmp_path):
    folder = with_positions(
        llama, tmp_path, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": THETA}
    )
    model = load_decoder(open_checkpoint(folder))
    again = save_decoder(model, byte_level_bpe(), tmp_path / "again")
    ids = torch.tensor(byte_level_bpe()(TEXT)["input_ids"])[None]
    torch.testing.assert_close(load_decoder(open_checkpoint(again))(ids).logits, model(ids).logits)
