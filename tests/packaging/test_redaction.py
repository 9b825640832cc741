"""What leaves the house in packages: nobody's texts, no lineage, and golden cases that still find every fault."""

from __future__ import annotations

import io
import json
import random
import shutil
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from bundle_faults import FAULTS
from record_makers import latency
from tiny_bundle import LABELS, golden_rows, make_bundle, rehash, rewrite, write_golden
from tiny_checkpoint import TEXTS

from edgekit.agent.errors import AgentError, RuntimeMissing
from edgekit.agent.inference.bundle import open_bundle, read_golden
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.tasks import prove
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.errors import UsageError
from edgekit.export.golden_texts import HARD_TEXTS
from edgekit.flows.export import export
from edgekit.flows.package import package
from edgekit.options.export_options import ExportOptions
from edgekit.options.package_options import PackageOptions
from edgekit.packaging.made_cases import made_cases
from edgekit.packaging.record import PackageRecord
from tests.command_line import edgekit

# what nobody but its owner should see
ROWS = [f"{text} for ana gomez at number {number}" for number, text in enumerate(TEXTS)]
SECRETS = (*ROWS, "ana gomez", "secret-data", "teacher-of-ana")


@pytest.fixture(scope="module")
def bundles(tiny_checkpoint, tmp_path_factory):
    """A float bundle and one of calibrated static int8, with rows of data among their golden cases."""
    folder = tmp_path_factory.mktemp("secret-data")
    calibration = folder / "calibration.txt"
    calibration.write_text("".join(f"{row}\n" for row in ROWS))
    found = {}
    for scheme in ("float", "int8-static"):
        options = {"calibrate": calibration} if scheme == "int8-static" else {}
        options = ExportOptions(format="onnx", scheme=scheme, max_length=32, **options)
        found[scheme] = export(tiny_checkpoint, folder / scheme, options, golden=ROWS)[0]
    return found


@pytest.fixture(scope="module")
def packaged(bundles, tmp_path_factory):
    """The packages of the static bundle for every platform, and what was printed."""
    out = tmp_path_factory.mktemp("packaged") / "out"
    code, printed, err = edgekit("package", bundles["int8-static"], "--name", "model", "--no-wheels", "-o", out)
    assert code == 0, err
    return out, printed


def contents(folder: Path):
    """Every file with its name, those inside archives too."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".aar":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((name, archive.read(name)) for name in archive.namelist())
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                yield from ((entry.name, archive.extractfile(entry).read()) for entry in archive if entry.isfile())


def origins(folder: Path):
    rows = [json.loads(line) for line in (folder / "golden.jsonl").read_text("utf-8").splitlines()]
    return [row.get("origin", "data") for row in rows]


def test_no_package_holds_a_row_a_calibration_text_or_a_name_of_the_house(bundles, packaged):
    whole = b"".join(content for _, content in contents(bundles["int8-static"]))
    assert all(row.encode() in whole for row in ROWS), "the bundle has them, for the user's own machines"
    out, _ = packaged
    assert sorted(path.name for path in out.iterdir()) == ["android", "ios", "linux", "web"]
    for name, content in contents(out):
        for secret in SECRETS:
            assert secret.encode() not in content, f"{secret} in {name}"
        assert str(bundles["float"].parents[1]).encode() not in content, name


def test_the_lineage_is_the_hash_that_inspect_tells_of_the_bundle(bundles, packaged):
    manifest = json.loads((packaged[0] / "web" / "bundle" / "manifest.json").read_text("utf-8"))
    assert (manifest["lineage"], manifest["plan"]["calibration"]) == ([], [])
    assert manifest["name"] == "model"
    code, printed, _ = edgekit("inspect", bundles["int8-static"])
    assert (code, f"lineage {manifest['lineage_sha256']}" in printed) == (0, True)
    code, printed, _ = edgekit("inspect", packaged[0] / "web" / "bundle")
    assert (code, f"lineage {manifest['lineage_sha256']}" in printed) == (0, True)


def test_a_package_is_not_made_again_and_says_why(packaged):
    code, _, err = edgekit("reproduce", packaged[0] / "web" / "bundle")
    assert (code, "is of a package, which has no lineage but its hash" in err) == (2, True), err


def test_what_leaves_the_house_is_told_in_one_line(packaged):
    counted = origins(packaged[0] / "web" / "bundle")
    made, fixed = counted.count("vocabulary"), counted.count("fixed")
    assert len(counted) == made + fixed
    [line] = [line for line in packaged[1].splitlines() if line.startswith("leaves the house: ")]
    assert line == (
        "leaves the house: the model, its 3 labels, its tokenizer, whose vocabulary is that of the model it began "
        "with; "
        f"{made + fixed} golden texts ({made} made from the vocabulary, {fixed} of edgekit's own), "
        "no rows of your data; lineage as a hash"
    )


def test_rows_leave_the_house_where_that_is_said(bundles, tmp_path):
    asked = ("--platform", "web", "--golden-from-data", "-o", tmp_path)
    code, printed, _ = edgekit("package", bundles["float"], *asked, "--json")
    assert (code, json.loads(printed)["golden"]["data"]) == (0, len(ROWS))
    bundle = tmp_path / "web" / "bundle"
    assert (bundle / "golden.jsonl").read_bytes() == (bundles["float"] / "golden.jsonl").read_bytes()
    manifest = Manifest.of(bundle)
    assert manifest.content_hash == Manifest.of(bundles["float"]).content_hash
    assert manifest.lineage == ()


def test_the_same_bundle_gives_the_same_bytes(bundles, packaged, tmp_path):
    code, _, _ = edgekit("package", bundles["int8-static"], "--name", "model", "--no-wheels", "-o", tmp_path / "again")
    assert code == 0
    first, second = (dict(contents(out)) for out in (packaged[0], tmp_path / "again"))
    assert first == second


def test_a_package_knows_the_bundle_that_it_was_made_of(bundles, packaged):
    record = PackageRecord.read(packaged[0] / "web" / "edgekit-package.json")
    assert record.bundle == Manifest.of(bundles["int8-static"]).content_hash
    assert record.content_hash == Manifest.of(packaged[0] / "web" / "bundle").content_hash != record.bundle


def test_evaluations_keep_their_figures_and_lose_their_names(bundles, tmp_path):
    bundle = shutil.copytree(bundles["float"], tmp_path / "onnx")
    rows = tmp_path / "secret-data" / "test.tsv"
    rows.parent.mkdir()
    rows.write_text("text\tlabel\n" + "".join(f"{row}\tlights\n" for row in ROWS))
    code, _, err = edgekit(
        "evaluate", bundle, "--data", rows.parent, "--against", f"teacher-of-ana={bundles['int8-static']}"
    )
    assert code == 0, err
    done = package(bundle, tmp_path / "out", PackageOptions(platform="web"))
    assert done.written
    [found], [known] = (Manifest.of(folder).accuracy for folder in (tmp_path / "out/web/bundle", bundle))
    assert known.drops and "secret-data" in known.data
    assert (found.data, found.drops) == ("data/test", ())
    assert known.classes and not found.classes
    assert "evaluation by the figures of all rows and their sha256; lineage" in done.disclosure.sentence
    assert found.data_sha256 == known.data_sha256
    assert (found.accuracy, found.low, found.high, found.rows) == (known.accuracy, known.low, known.high, known.rows)
    for name, content in contents(tmp_path / "out"):
        assert not any(secret.encode() in content for secret in SECRETS), name


def test_what_leaves_says_where_the_words_of_the_vocabulary_are_from(tmp_path):
    """Those of a model from nothing are from its training texts, which they show."""
    rows = tmp_path / "data"
    rows.mkdir()
    for split in ("train", "validation", "test"):
        lines = [f"{row} {split}\t{number % 2}\n" for number, row in enumerate(ROWS)]
        (rows / f"{split}.tsv").write_text("text\tlabel\n" + "".join(lines))
    scratch = "layers=1,hidden=16,heads=2,ffn=16,vocabulary=300"
    code, _, err = edgekit("finetune", "--scratch", scratch, "--data", rows, "--epochs", 1, "-o", tmp_path / "model")
    assert code == 0, err
    code, _, err = edgekit("export", tmp_path / "model", "--format", "onnx", "-o", tmp_path / "onnx")
    assert code == 0, err
    [manifest] = (tmp_path / "onnx").rglob("manifest.json")
    done = package(manifest.parent, tmp_path / "out", PackageOptions(platform="web"))
    said = "its tokenizer, whose vocabulary was made from your training texts and holds their frequent words; "
    assert said in done.disclosure.sentence


@pytest.mark.parametrize("family", ["distilbert", "gpt2"])
def test_what_one_row_alone_has_is_in_no_package(family, tmp_path):
    """A vocabulary that has room for everything takes no number of an account, nor a name said twice in a row."""
    seeded = random.Random(17)
    secrets = ["".join(seeded.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20)) for _ in range(60)]
    rows = tmp_path / "rows"
    rows.mkdir()
    twice = " and {0} once more" if family == "distilbert" else ""
    lines = [f"pay {name}{twice.format(name)} at noon\t{number % 2}\n" for number, name in enumerate(secrets)]
    for split, part in (("train", lines[8:]), ("validation", lines[:4]), ("test", lines[4:8])):
        (rows / f"{split}.tsv").write_text("text\tlabel\n" + "".join(part))
    scratch = f"family={family},layers=1,hidden=16,heads=2,ffn=16,vocabulary=4000"
    model, out = tmp_path / "model", tmp_path / "onnx"
    words = ("--scratch", scratch, "--task", "text-classification", "--data", rows, "--epochs", 1)
    code, _, err = edgekit("finetune", *words, "-o", model)
    assert code == 0, err
    code, _, err = edgekit("export", model, "--format", "onnx", "--scheme", "float", "-o", out)
    assert code == 0, err
    [manifest] = out.rglob("manifest.json")
    assert package(manifest.parent, tmp_path / "packages", PackageOptions(platform="web")).written
    whole = b"".join(content for _, content in contents(tmp_path / "packages")).lower()
    assert b"noon" in whole, "what all rows have is a word"
    assert not [name for name in secrets if name.encode() in whole]
    assert not [name for name in secrets if name[2:14].encode() in whole], "nor most of one"


def test_settings_and_targets_lose_the_names_of_files_and_data(bundles, tmp_path):
    """Hugging Face's trainers, and whoever wrote a tokenizer, leave paths in them; a target of one's own, names."""
    folder = shutil.copytree(bundles["float"], tmp_path / "onnx")
    config = {"model_name_or_path": "/home/ana gomez/bert", "base_model_name_or_path": "teacher-of-ana"}
    config |= {"finetuning_task": "secret-data", "datasets": ["secret-data"], "_name_or_path": "teacher-of-ana"}
    settings = {"config.json": config, "tokenizer_config.json": {"cache_dir": "secret-data", "notes": "of ana gomez"}}
    known = {name: json.loads((folder / name).read_text("utf-8")) for name in settings}
    known["config.json"] |= {"layer_norm_eps": 1e-12, "label2id": {"on/off": 0}, "hidden_act": "gelu_new"}
    for name, named in settings.items():
        (folder / name).write_text(json.dumps(known[name] | named), encoding="utf-8")
    facts = json.loads((folder / "manifest.json").read_text("utf-8"))["target_facts"]
    facts |= {"name": "ana-gomez", "title": "the machine of ana gomez", "libc": "secret-data"}
    source = {"value": 2.5, "source": "measured in ana gomez's house"}
    facts["cpu"] = facts["cpu"] | {"model": "secret-data 3", "clock_ghz": source, "boards": ["ana gomez board"]}
    facts["cpu"] |= {"parts": ["0x41/0xd99"], "features": ["secret-data"]}
    facts["memory"] |= {"read_gb_s": source}
    facts["peak"] |= {"fp32_gflops": source}
    facts["runtimes"] = [each | {"note": "as ana gomez found"} for each in facts["runtimes"]]
    shipped = facts["budgets"]["text-classification"]
    budget = shipped[0] | {"metric": "min_accuracy", "limit": 90, "data": "secret-data"}
    facts["budgets"]["text-classification"] = [*shipped, budget]
    rehash(rewrite(folder, target="ana-gomez", target_facts=facts))
    done = package(folder, tmp_path / "out", PackageOptions(no_wheels=True))
    assert "; your target as a hash;" in done.disclosure.sentence
    for name, content in contents(tmp_path / "out"):
        assert not any(secret.encode() in content for secret in (*SECRETS, "/home/ana", "ana-gomez", "0xd99")), name
    bundle = tmp_path / "out" / "web" / "bundle"
    assert {name: json.loads((bundle / name).read_text("utf-8")) for name in settings} == known
    target = Manifest.of(bundle).target_facts
    assert (target.os, target.arch, target.threads, target.budgets) == (
        facts["os"],
        facts["arch"],
        facts["threads"],
        {},
    )
    device = latency(Manifest.of(bundle), 1.0).fingerprint.model_copy(update={"cpu_parts": ("0x41/0xd99",)})
    assert not target.matches(device), "it is no device's, so that no figure counts for it"
    assert prove(open_bundle(bundle)).golden.cases > 20


def test_a_bundle_that_does_not_say_where_its_texts_are_from_is_given_some(tmp_path):
    """As one of an older edgekit: only those that it brought itself are known to be nobody's."""
    bundle = make_bundle(tmp_path / "old", "onnx")
    given = {case.text for case in read_golden(open_bundle(bundle))}
    package(bundle, tmp_path / "out", PackageOptions(platform="web"))
    cases = read_golden(open_bundle(tmp_path / "out" / "web" / "bundle"))
    assert not given & {case.text for case in cases}
    assert {case.text for case in cases} & set(HARD_TEXTS)
    assert {case.answer for case in cases} == set(LABELS)
    assert prove(open_bundle(tmp_path / "out" / "web" / "bundle")).golden.cases == len(cases) > 15


@pytest.mark.parametrize("text", ["[]", "{", "\ufeff{}"])
def test_settings_that_cannot_be_read_are_not_packaged(tmp_path, text):
    bundle = make_bundle(tmp_path / "old", "onnx")
    (bundle / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"config\.json"):
        package(rehash(bundle), tmp_path / "out", PackageOptions(platform="web"))
    assert not (tmp_path / "out").exists()


def test_no_text_is_made_that_was_a_row(tmp_path):
    """A vocabulary of a few words gives short rows again."""
    bundle = make_bundle(tmp_path / "old", "onnx")
    row = json.loads(next(line for line in made_cases(open_bundle(bundle)) if '"vocabulary"' in line))
    given = [*golden_rows(), {key: value for key, value in row.items() if key != "origin"}]
    write_golden(bundle, given)
    rehash(bundle)
    package(bundle, tmp_path / "out", PackageOptions(platform="web"))
    cases = read_golden(open_bundle(tmp_path / "out" / "web" / "bundle"))
    assert row["text"] not in {case.text for case in cases}


def test_what_no_golden_text_tells_is_noted(tmp_path, monkeypatch):
    """Of an older bundle, proven elsewhere, no texts are made where nothing runs it; of its labels few are left."""
    from edgekit.packaging import made_cases as module

    def absent(bundle):
        raise RuntimeMissing("onnxruntime cannot be imported: it is not here", "pip install onnxruntime")

    monkeypatch.setattr(module, "load_classifier", absent)
    bundle = make_bundle(tmp_path / "old", "onnx")
    rows = list(golden_rows())
    kept = rows[0] | {"origin": "fixed"}
    write_golden(bundle, [*rows, kept])
    code, out, said = edgekit("package", rehash(bundle), "--platform", "web", "-o", tmp_path / "out", "--json")
    assert code == 0, said
    notes = json.loads(out)["notes"]
    missing = [json.dumps(label) for label in LABELS if label != kept["label"]]
    assert notes == [
        "no golden texts were made from the vocabulary: onnxruntime cannot be imported: it is not here "
        "(pip install onnxruntime)",
        f"{len(missing)} of {len(LABELS)} labels are reached by no golden text, so that no self-test tells whether "
        f"they come out right: {', '.join(missing)}",
    ]
    write_golden(bundle, rows)
    code, _, said = edgekit("package", rehash(bundle), "--platform", "web", "-o", tmp_path / "none")
    assert code == 2
    assert "may be rows of data" in said and "onnxruntime cannot be imported" in said


def test_where_nothing_would_be_left_nothing_is_packaged(tmp_path, monkeypatch):
    from edgekit.packaging import redaction

    bundle = make_bundle(tmp_path / "old", "onnx")
    monkeypatch.setattr(redaction, "made_cases", lambda bundle: [])
    with pytest.raises(UsageError, match="may be rows of data") as refused:
        package(bundle, tmp_path / "out", PackageOptions(platform="web"))
    assert "--golden-from-data" in refused.value.advice
    assert not (tmp_path / "out").exists()
    assert BundleFolder(bundle).manifest.name == "old"


def test_each_label_that_a_text_reaches_is_the_answer_of_a_case(sound):
    """One label of this model, which has learned nothing, is that of one text in a hundred."""
    classifier, generator = open_classifier(sound), random.Random(0)
    words = [word for text in TEXTS for word in text.split()]
    texts = [" ".join(generator.choices(words, k=1 + index % 6)) for index in range(300)]
    reached = {classifier.classify(text).label for text in texts}
    assert len(reached) == 2
    assert reached <= {case.answer for case in read_golden(open_bundle(sound))}


@pytest.fixture(scope="module")
def sound(bundles, tmp_path_factory):
    """A packaged float bundle."""
    out = tmp_path_factory.mktemp("sound") / "out"
    package(bundles["float"], out, PackageOptions(platform="web"))
    return out / "web" / "bundle"


@pytest.mark.parametrize("fault", FAULTS)
def test_golden_cases_that_nobody_wrote_find_the_fault(sound, tmp_path, fault):
    folder = shutil.copytree(sound, tmp_path / "bundle")
    assert prove(open_bundle(folder)).golden.cases > 20
    FAULTS[fault](folder)
    with pytest.raises(AgentError, match="golden case"):
        prove(open_bundle(rehash(folder)))


def test_nothing_that_is_measured_is_written_into_a_package(packaged, tmp_path):
    """It would be built into the app, with the name of the machine: Android and iOS take a folder whole."""
    rows = tmp_path / "rows" / "test.tsv"
    rows.parent.mkdir()
    rows.write_text("text\tlabel\n" + "".join(f"{row}\tlights\n" for row in ROWS))
    for folder in ("android/module/src/main/assets/model", "ios/Sources/ModelCore/Model", "web/bundle"):
        bundle = packaged[0] / folder
        before = dict(contents(bundle))
        for words in (("profile", bundle, "--min-seconds", 0.01), ("evaluate", bundle, "--data", rows.parent)):
            code, _, err = edgekit(*words)
            assert (code, "lies in the package" in err, "built into the app" in err) == (2, True, True), err
        began = time.monotonic()
        # which is measured for seconds on each
        budgets = [word for length in (8, 16) for word in ("--budget", f"latency_p95_ms=900,length={length}")]
        code, _, err = edgekit("gate", bundle, *budgets, "--device", "local:")
        assert (code, "lies in the package" in err, time.monotonic() - began < 1) == (2, True, True), err
        code, _, err = edgekit("evaluate", bundle, "--data", rows.parent, "--no-record")
        assert code == 0, err
        # the golden cases are run first, of which a record is kept elsewhere
        code, _, err = edgekit("predict", bundle, "turn on the lights")
        assert code == 0, err
        package(bundle, tmp_path / "again" / folder, PackageOptions(platform="web"))
        assert dict(contents(bundle)) == before
    copy = shutil.copytree(packaged[0] / "web" / "bundle", tmp_path / "copy")
    code, _, err = edgekit("profile", copy, "--min-seconds", 0.01, "--length", 8)
    assert code == 0, err
