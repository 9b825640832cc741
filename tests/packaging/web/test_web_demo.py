"""`edgekit demo`: the page in real headless Chromium, and a server that gives a stranger nothing."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import npm
import numpy as np
import pytest
from record_makers import accuracy
from tiny_bundle import (
    LABELS,
    golden_rows,
    make_bundle,
    reference_ids,
    reference_logits,
    rehash,
    rewrite,
    seal,
    write_golden,
)

from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.cli import main
from edgekit.errors import ToolError
from edgekit.flows import demo as flow

# until the self-test is through, or the page says what is wrong
SETTLED = """
    const find = (id) => document.getElementById(id);
    const until = async (ready) => { while (!ready()) await new Promise((resolve) => setTimeout(resolve, 50)); };
    await until(() => find("test").dataset.done || !find("problem").hidden);
    const text = (id) => find(id).textContent.trim();
"""


@pytest.fixture(scope="module")
def runtime():
    """onnxruntime-web in the user's cache, where `edgekit demo` keeps it."""
    try:
        npm.tool("node")
        return flow.fetched_runtime()
    except (npm.Missing, ToolError) as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def chromium():
    try:
        return npm.tool("chromium")
    except npm.Missing as missing:
        pytest.skip(str(missing))


@contextmanager
def started(bundle, *words):
    """The process of `edgekit demo`, and the address that it printed."""
    command = [sys.executable, "-m", "edgekit", "demo", bundle, "--no-open", "--json", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines[0], process.stderr.read()
        yield process, json.loads("".join(lines))["url"]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def classifier_url(runtime, tmp_path_factory):
    with started(make_bundle(tmp_path_factory.mktemp("demo") / "tiny-onnx", "onnx")) as (_, url):
        yield url


def equal_cases(bundle):
    """What the page says of a bundle whose golden cases are all equal."""
    cases = len((bundle / "golden.jsonl").read_text("utf-8").splitlines())
    return f"{cases} of {cases} golden cases equal"


def ask(url, path, host=None, method="GET"):
    """Status, headers and body."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request(method, path, headers={"Host": host or address.netloc})
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_a_text_is_labelled_while_it_is_typed_and_the_self_test_is_told(classifier_url, chromium):
    typed = "lock the kitchen door now please"
    found = npm.browse(
        classifier_url,
        SETTLED
        + f"""
        find("text").value = {json.dumps(typed)};
        find("pair").value = "";
        find("text").dispatchEvent(new Event("input"));
        await until(() => text("latency").includes("last 2"));
        return {{
          label: text("label"), score: text("score"), test: text("test-text"), problem: text("problem"),
          scores: [...find("scores").children].map((each) => each.textContent), isolated: crossOriginIsolated,
          pairs: !find("pair-row").hidden, wide: document.documentElement.scrollWidth,
        }};
        """,
        width=360,
    )
    told, logits = found["value"], reference_logits(reference_ids(typed))
    best = LABELS[int(logits.argmax())]
    share = float(np.exp(logits.max()) / np.exp(logits).sum())
    assert (told["label"], told["score"]) == (best, f"{100 * share:.1f} %")
    assert told["scores"][0] == f"{best}{100 * share:.1f} %"
    assert len(told["scores"]) == len(LABELS)
    assert (told["test"], told["problem"]) == ("4 of 4 golden cases equal", "")
    assert told["isolated"] is True, "threads need it"
    assert told["pairs"] is True, "a golden case is a pair"
    assert told["wide"] <= 360, "nothing sticks out on a phone"
    assert found["said"] == []


def test_a_model_of_pairs_alone_has_its_second_text_left_empty(runtime, chromium, tmp_path):
    bundle = make_bundle(tmp_path / "tiny-onnx", "onnx")
    write_golden(bundle, [row for row in golden_rows() if not row["text_pair"]])
    with started(rewrite(rehash(bundle), pairs="only")) as (_, url):
        found = npm.browse(
            url,
            SETTLED
            + """
            find("text").value = "lock the door";
            find("text").dispatchEvent(new Event("input"));
            await until(() => text("latency").includes("last 2"));
            return [find("pair-row").hidden, find("pair").value, text("problem")];
            """,
        )
    assert found["value"] == [False, "", ""]


def test_labels_that_are_markup_are_shown_as_text(runtime, chromium, tmp_path):
    label = "<img src=x onerror=document.body.remove()><script>alert(1)</script>"
    folder = make_bundle(tmp_path / "bundle", "onnx")
    rows = [json.loads(line) for line in (folder / "golden.jsonl").read_text("utf-8").splitlines()]
    names = (label, *LABELS[1:])
    for row in rows:
        row["label"] = names[LABELS.index(row["label"])]
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    seal(folder, labels=names)
    known = BundleFolder(folder)
    for data in ("smart-home", "data"):
        known.record(accuracy(known.manifest.content_hash, 90.0, name=data, rows=data))
    look = """
        const scores = [...find("scores").children].map((each) => each.children[1].textContent);
        return { scores, images: document.images.length, test: text("test-text"), facts: text("facts") };
    """
    with started(folder) as (_, url):
        told = npm.browse(url, SETTLED + look)["value"]
    assert sorted(told["scores"]) == sorted(names)
    assert (told["images"], told["test"]) == (0, "4 of 4 golden cases equal")
    # as one speaks of them; a package does not name data
    assert "Accuracy on the test data of smart-home" in told["facts"]
    assert "Accuracy on the test data90.0 %" in told["facts"]


@pytest.mark.slow
def test_a_multi_label_model_shows_the_labels_that_hold(runtime, chromium, telling_bundle):
    look = """
        find("text").value = "turn on the kitchen lights";
        find("text").dispatchEvent(new Event("input"));
        await until(() => text("latency").includes("last 2"));
        const rows = [...find("scores").children];
        return {
          task: text("task"), label: text("label"), score: text("score"), test: text("test-text"),
          scores: rows.map((each) => each.textContent), problem: text("problem"), facts: text("facts"),
          holding: rows.filter((each) => each.classList.contains("holds")).map((each) => each.children[1].textContent),
        };
    """
    with started(telling_bundle) as (_, url):
        found = npm.browse(url, SETTLED + look)
    told, agent = found["value"], open_classifier(telling_bundle)
    wanted = agent.classify("turn on the kitchen lights")
    ranked = sorted(zip(wanted.scores, agent.bundle.labels, strict=True), reverse=True)
    assert (told["task"], told["problem"]) == ("Labels a text, in this page", "")
    assert (told["label"], told["score"]) == (", ".join(wanted.answer) or "no label holds", "")
    assert told["scores"] == [f"{label}{100 * score:.1f} %" for score, label in ranked]
    assert sorted(told["holding"]) == sorted(wanted.answer)
    assert told["test"] == equal_cases(telling_bundle)
    assert "A label holds from" in told["facts"]
    assert found["said"] == []


@pytest.mark.slow
def test_a_regression_shows_its_number(runtime, chromium, regression_bundle):
    look = """
        find("text").value = "turn on the kitchen lights";
        find("text").dispatchEvent(new Event("input"));
        await until(() => text("latency").includes("last 2"));
        return [text("task"), text("label"), text("score"), text("scores"), text("test-text"), text("facts")];
    """
    with started(regression_bundle) as (_, url):
        found = npm.browse(url, SETTLED + look)
    number = open_classifier(regression_bundle).classify("turn on the kitchen lights").answer
    assert found["value"][:4] == ["Gives a text a number, in this page", f"{number:.4f}", "", ""]
    assert found["value"][4] == equal_cases(regression_bundle)
    assert "Labels" not in found["value"][5]
    assert found["said"] == []


@pytest.fixture(scope="module")
def decoder(decoder_checkpoints, tmp_path_factory):
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    options = ExportOptions(target="rpi5", format="onnx", scheme="float")
    return export(decoder_checkpoints["llama"], tmp_path_factory.mktemp("demo-decoder") / "out", options)[0]


def test_a_decoder_writes_into_the_page_and_stops_when_told(runtime, chromium, decoder):
    with started(decoder) as (_, url):
        found = npm.browse(
            url,
            SETTLED
            + """
            find("prompt").value = "once upon a time";
            find("max-tokens").value = 20;
            find("write").click();
            await until(() => !find("write").disabled);
            const written = find("written").textContent;
            const speed = text("speed");
            find("max-tokens").value = 80;
            find("write").click();
            await until(() => find("written").textContent);
            find("stop").click();
            await until(() => !find("write").disabled);
            const given = find("given").textContent;
            return { written, speed, stopped: text("speed"), test: text("test-text"), given };
            """,
        )
    told = found["value"]
    assert told["given"] == "once upon a time"
    assert told["written"] == "".join(open_generator(decoder).start("once upon a time", limits=GenerationLimits(20)))
    assert "20 tokens · first after" in told["speed"]
    assert told["stopped"].endswith("stopped") or "80 tokens" in told["stopped"]
    cases = len((decoder / "golden.jsonl").read_text("utf-8").splitlines())
    assert told["test"] == f"{cases} of {cases} golden cases equal"
    assert found["said"] == []


def test_a_model_that_was_changed_under_the_page_is_not_loaded(runtime, chromium, tmp_path, monkeypatch):
    with flow.demo(make_bundle(tmp_path / "tiny-onnx", "onnx")) as served:
        model = served.folder / "bundle" / "model.onnx"
        model.write_bytes(model.read_bytes()[:-1] + b"x")
        told = npm.browse(served.url, SETTLED + 'return [text("problem"), text("task"), text("test-text")];')["value"]
        assert "model.onnx is not the file of the manifest" in told[0]
        assert told[1:] == ["The model could not be loaded", "did not run"]
    assert not served.folder.exists()
    assert served.server.poll() is not None


def test_the_page_comes_with_what_threads_need_and_may_run_nothing_else(classifier_url):
    status, headers, body = ask(classifier_url, "/demo/index.html")
    assert status == 200
    assert b"importmap" in body
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert "unsafe-inline" not in headers["content-security-policy"]
    for path, kind in (
        ("/lib/web.js", "text/javascript; charset=utf-8"),
        ("/demo/demo.css", "text/css; charset=utf-8"),
        ("/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", "application/wasm"),
        ("/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs", "text/javascript; charset=utf-8"),
        ("/bundle/manifest.json", "application/json"),
    ):
        status, headers, _ = ask(classifier_url, path, method="HEAD")
        assert (status, headers["content-type"]) == (200, kind)
    status, headers, _ = ask(classifier_url, "/")
    assert (status, headers["location"]) == (302, "/demo/index.html")


@pytest.mark.parametrize(
    "path",
    [
        *("/package.json", "/demo/../package.json", "/demo/%2e%2e/package.json", "/demo//../../../etc/passwd"),
        *("/lib/tokenizer", "/bundle/", "/node_modules/onnxruntime-web/package.json", "//etc/passwd", "/demo/none.js"),
        *("/bundle/../../../../../../etc/passwd", "/demo/index.html%00", "/lib/..%2f..%2fpackage.json"),
    ],
)
def test_no_other_file_is_served(classifier_url, path):
    assert ask(classifier_url, path)[0] == 404


def test_a_page_elsewhere_cannot_read_through_a_name_of_its_own(classifier_url):
    port = urlsplit(classifier_url).port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
    ):
        status, _, body = ask(classifier_url, "/bundle/manifest.json", host=host)
        assert (status, body) == (421, b"not this host\n")
    assert ask(classifier_url, "/bundle/manifest.json", host=f"localhost:{port}")[0] == 200
    assert ask(classifier_url, "/bundle/manifest.json", method="POST")[0] == 405


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_well_and_leaves_nothing(runtime, tmp_path, monkeypatch, number):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with started(make_bundle(tmp_path / "tiny-onnx", "onnx")) as (process, url):
        assert ask(url, "/lib/web.js")[0] == 200
        assert list((tmp_path / "tmp").glob("edgekit-demo-*"))
        process.send_signal(number)
        assert process.wait(20) == 0
        with pytest.raises(ConnectionError):
            ask(url, "/lib/web.js")
    assert not list((tmp_path / "tmp").glob("edgekit-demo-*"))


def test_the_server_ends_with_a_demo_that_is_killed(runtime, tmp_path):
    with started(make_bundle(tmp_path / "tiny-onnx", "onnx")) as (process, url):
        process.kill()
        process.wait()
        for _ in range(200):
            try:
                ask(url, "/lib/web.js")
            except ConnectionError:
                return
            time.sleep(0.05)
    pytest.fail("it serves on")


def refused(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main(["demo", *map(str, words), "--no-open"])
    return stop.value.code, capsys.readouterr().err


def test_what_cannot_be_shown_is_refused_with_the_way_out(tmp_path, capsys, monkeypatch):
    tflite = make_bundle(tmp_path / "tiny-tflite", "tflite")
    code, told = refused(capsys, tflite)
    assert code == 2
    assert "the browser cannot run" in told
    assert "edgekit export --format onnx" in told
    code, told = refused(capsys, tmp_path / "none")
    assert code == 2
    assert "is no bundle" in told
    onnx = make_bundle(tmp_path / "tiny-onnx", "onnx")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, told = refused(capsys, onnx)
    assert code == 5
    assert "node is not installed" in told
    assert "https://nodejs.org" in told


def test_a_registry_that_is_out_of_reach_is_told_and_nothing_half_fetched_stays(
    tmp_path, capsys, monkeypatch, runtime
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    code, told = refused(capsys, make_bundle(tmp_path / "tiny-onnx", "onnx"))
    assert code == 5
    assert "npm could not install onnxruntime-web" in told
    assert not list((tmp_path / "cache" / "edgekit" / "npm").iterdir())


def test_a_port_that_is_taken_is_told(classifier_url, tmp_path, capsys):
    port = urlsplit(classifier_url).port
    code, told = refused(capsys, make_bundle(tmp_path / "tiny-onnx", "onnx"), "--port", port)
    assert code == 5
    assert f"EADDRINUSE: address already in use 127.0.0.1:{port}" in told
