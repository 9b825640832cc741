"""The model card of a bundle, as the Hugging Face hub's own library reads it."""

import pytest
from huggingface_hub import ModelCard

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Origin, Step
from edgekit.bundle.model_card import model_card
from tests.command_line import edgekit
from tests.labelled_rows import bundle_of, labelled, write_rows


@pytest.fixture
def bundle(tmp_path):
    folder = bundle_of(tmp_path / "bundle")
    (folder / "README.md").write_text(model_card(BundleFolder(folder).manifest))
    return folder


def test_an_evaluation_reaches_the_card(bundle, tmp_path):
    data = write_rows(tmp_path / "reviews.jsonl", labelled())
    code, _, err = edgekit("evaluate", bundle, "--data", data)
    assert code == 0, err
    card = ModelCard.load(bundle / "README.md")
    (accuracy,) = BundleFolder(bundle).manifest.accuracy
    found = {result.metric_type: result for result in card.data.eval_results}
    assert found["accuracy"].metric_value == pytest.approx(accuracy.accuracy, abs=1e-3)
    assert found["f1"].metric_value == pytest.approx(accuracy.macro_f1, abs=1e-3)
    assert found["accuracy"].dataset_name == accuracy.data
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.library_name == "onnx"
    # nothing was fetched from the hub
    assert card.data.base_model is None


def test_a_card_that_a_person_has_written_stays(bundle, tmp_path):
    (bundle / "README.md").write_text("My own words.\n")
    edgekit("evaluate", bundle, "--data", write_rows(tmp_path / "reviews.jsonl", labelled()))
    assert (bundle / "README.md").read_text() == "My own words.\n"


def test_a_model_of_the_hub_is_named_as_its_base(bundle):
    manifest = BundleFolder(bundle).manifest
    start = Origin(source="hub", name="distilbert/distilbert-base-uncased", revision="0" * 40)
    step = Step(stage="export", options={}, inputs={}, tools={}, model=start, output={"model.onnx": "0" * 64})
    card = ModelCard(model_card(manifest.model_copy(update={"lineage": (step,)})))
    assert card.data.base_model == "distilbert/distilbert-base-uncased"
