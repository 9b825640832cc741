"""Every recipe for published weights runs to its verdicts, with a stand-in for the weights and for the data."""

import pytest

from edgekit.options.recipe import load_recipe
from tests.command_line import edgekit
from tests.stand_ins import decoder, encoder
from tests.tiny_recipe import rows, write_data

# recipe -> the family of the model that it names
ENCODERS = {
    "sst2": "distilbert",
    "banking77": "distilbert",
    "distilbert-sst2-rpi4": "distilbert",
    "albert-intents-rpi-zero2w": "albert",
    "chinese-reviews-android": "bert",
}
DECODERS = {"smollm2-rpi5": "llama", "gpt2-rpi5": "gpt2"}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ENCODERS)
def test_of_an_encoder(name, tmp_path):
    longest = load_recipe(name).stages.export.max_length
    model = encoder(tmp_path / "model", ENCODERS[name], longest)
    data = write_data(tmp_path / "data")
    short = [f"--set=stages.{stage}.epochs=1" for stage in ("finetune", "distill")]
    code, out, err = edgekit(
        "run", name, f"--set=model={model}", f"--set=data={data}", *short, "--out", tmp_path / "run"
    )
    # nobody trained the stand-in: accuracy may fail, sizes may not
    assert code in (0, 1, 3), err
    assert "size" in out
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.parametrize("name", DECODERS)
def test_of_a_decoder(name, tmp_path):
    model = decoder(tmp_path / "model", DECODERS[name], load_recipe(name).stages.export.max_length)
    text = tmp_path / "texts.txt"
    text.write_text("\n\n".join(" ".join(text for text, _ in rows(30, seed)) for seed in range(8)) + "\n")
    code, out, err = edgekit("run", name, f"--set=model={model}", f"--set=data={text}", "--out", tmp_path / "run")
    assert code in (0, 1, 3), err
    assert "perplexity" in out
