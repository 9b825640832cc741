"""A bundle is proven by its golden cases, once for each content hash, before it is packaged or deployed."""

import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tiny_bundle import LABELS, golden_rows, rehash, rewrite, weights, write_golden

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.devices.messages import Golden
from edgekit.errors import DeviceError, ParityError, UsageError
from edgekit.flows.deploy import deploy
from edgekit.flows.golden import golden_record, prove_golden
from edgekit.flows.package import package
from edgekit.options.package_options import PackageOptions


def with_other_weights(bundle):
    """The bundle with one weight of its model changed, and every hash computed again."""
    model = onnx.load(bundle / "model.onnx")
    table = next(value for value in model.graph.initializer if value.name == "table")
    array = numpy_helper.to_array(table).copy()
    array[4] += np.float32(0.01)
    table.CopyFrom(numpy_helper.from_array(array, "table"))
    onnx.save(model, bundle / "model.onnx")
    return rehash(bundle)


def prove(bundle):
    prove_golden(BundleFolder(bundle))
    return BundleFolder(bundle).records.golden


def test_it_is_run_once_and_again_when_the_content_changes(onnx_bundle):
    first = prove(onnx_bundle)
    [run] = first
    assert run.content_hash == Manifest.of(onnx_bundle).content_hash
    assert (run.cases, run.runtime) == (4, "onnxruntime")
    [path] = (onnx_bundle / "measurements").iterdir()
    written = path.stat()
    prove(onnx_bundle)
    assert path.stat() == written, "not run again"
    rewrite(onnx_bundle, max_length=31)
    [again] = prove(onnx_bundle)
    assert again.content_hash != run.content_hash


def test_wrong_answers_are_no_proof_whatever_was_proven_before(onnx_bundle):
    prove(onnx_bundle)
    with pytest.raises(ParityError, match=r"golden case 1 .*logit"):
        prove(with_other_weights(onnx_bundle))


def test_a_runtime_that_says_the_same_to_everything_is_wrong_whatever_the_tolerance_is(onnx_bundle):
    """As tflite-runtime, which gives zeros for operators that it does not know; here the texts have no say."""
    model = onnx.load(onnx_bundle / "model.onnx")
    table = next(value for value in model.graph.initializer if value.name == "table")
    table.CopyFrom(numpy_helper.from_array(0 * numpy_helper.to_array(table), "table"))
    onnx.save(model, onnx_bundle / "model.onnx")
    row = [float(value) for value in weights()[2]]
    label = LABELS[row.index(max(row))]
    # as of a model that has hardly learned: what is expected differs little from text to text
    near = [
        case | {"logits": [value + 0.01 * number for value in row], "label": label}
        for number, case in enumerate(golden_rows())
    ]
    write_golden(onnx_bundle, near)
    parity = json.loads((onnx_bundle / "manifest.json").read_text())["parity"] | {"atol": 0.1}
    rehash(onnx_bundle)
    with pytest.raises(ParityError, match="are the same, and should differ"):
        prove(rewrite(onnx_bundle, parity=parity))


def test_swapped_labels_are_wrong_answers_though_every_logit_is_right(onnx_bundle):
    rewrite(onnx_bundle, labels=["door", "light", "climate"])
    with pytest.raises(ParityError, match="the label is"):
        prove(onnx_bundle)


@pytest.mark.parametrize("tolerance", [1e9, 20.0])
def test_a_tolerance_that_wrong_answers_are_within_is_refused(onnx_bundle, tolerance):
    parity = json.loads((onnx_bundle / "manifest.json").read_text())["parity"]
    rewrite(with_other_weights(onnx_bundle), parity=parity | {"atol": tolerance})
    with pytest.raises(UsageError, match="wrong answers would pass"):
        prove(onnx_bundle)


@pytest.mark.parametrize("parity", [{"atol": 0.009}, {"rtol": 0.002}])
def test_within_the_tolerance_that_the_manifest_says(onnx_bundle, parity):
    wide = json.loads((onnx_bundle / "manifest.json").read_text())["parity"] | {"atol": 0.1}
    with_other_weights(onnx_bundle)
    prove(rewrite(onnx_bundle, parity=wide))
    with pytest.raises(ParityError):
        prove(rewrite(onnx_bundle, parity=wide | {"atol": 0.0} | parity))


def test_a_decoder_is_proven_as_well(decoder_bundles, tmp_path):
    import shutil

    bundle = shutil.copytree(decoder_bundles["llama"], tmp_path / "llama")
    [run] = prove(bundle)
    assert run.cases >= 4
    parity = json.loads((bundle / "manifest.json").read_text())["parity"]
    with pytest.raises(UsageError, match="wrong answers would pass"):
        prove(rewrite(bundle, parity=parity | {"atol": 1e6}))


def test_a_bundle_that_cannot_be_written_is_proven_each_time(onnx_bundle):
    (onnx_bundle / "measurements").write_text("a file where the folder would be")
    assert prove(onnx_bundle) == ()
    with pytest.raises(ParityError):
        prove(with_other_weights(onnx_bundle))


def test_packaging_proves_it_first(onnx_bundle, tmp_path):
    options = PackageOptions(platform=("web",))
    package(onnx_bundle, tmp_path / "out", options)
    [run] = BundleFolder(onnx_bundle).records.golden
    assert run.content_hash == Manifest.of(onnx_bundle).content_hash
    with pytest.raises(ParityError):
        package(with_other_weights(onnx_bundle), tmp_path / "wrong", options)
    assert not (tmp_path / "wrong").exists()


def test_deploying_keeps_that_the_device_reproduced_it(onnx_bundle, device_home):
    deploy(onnx_bundle, ["local:"])
    [run] = BundleFolder(onnx_bundle).records.golden
    assert run.content_hash == Manifest.of(onnx_bundle).content_hash
    with pytest.raises(ParityError):
        deploy(with_other_weights(onnx_bundle), ["local:"])
    [kept] = BundleFolder(onnx_bundle).records.golden
    assert kept == run, "what failed is not kept"


def test_an_answer_about_another_bundle_is_no_proof(onnx_bundle):
    from edgekit.agent.benchmark.golden_record import run_golden_cases

    answer = Golden.parse(run_golden_cases(onnx_bundle), "the agent")
    assert golden_record(answer, answer.content_hash).cases == 4
    with pytest.raises(DeviceError, match="ran the golden cases of another bundle"):
        golden_record(answer, "0" * 64)
