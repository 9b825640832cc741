"""What bundlers of web apps make of the npm package runs in headless Chromium: they find its model and WebAssembly."""

from __future__ import annotations

import functools
import http.server
import threading

import npm
import pytest
from tiny_bundle import LABELS, make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import WEB_RUNTIME, write

RUNTIME = f"onnxruntime-web@{WEB_RUNTIME}"
# what brings each, and the words that build `main.js` into `built`
BUNDLERS = {
    "vite": (("vite@6.4.3",), ("vite/bin/vite.js", "build", "--outDir", "built")),
    "webpack": (
        ("webpack@5.112.2", "webpack-cli@6.0.1"),
        ("webpack/bin/webpack.js", "--entry", "./main.js", "--mode", "production", "-o", "built"),
    ),
}
APP = """\
import { Classifier } from "tiny-model";

async function start() {
  const classifier = await Classifier.load();
  const { passed, cases, failure } = await classifier.selfTest();
  return { passed, cases, failure, label: (await classifier.classify("turn on the light")).label };
}
start().then((found) => (window.found = found), (error) => (window.found = error.message));
"""
PAGE = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>'


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *words):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("bundler", BUNDLERS)
def test_a_bundled_app_finds_its_model(bundler, tmp_path):
    packages, words = BUNDLERS[bundler]
    try:
        npm.tool("chromium")
        modules = npm.fetched(bundler, (*packages, RUNTIME))
    except npm.Missing as missing:
        pytest.skip(str(missing))
    package = tmp_path / "package"
    package.mkdir()
    bundle = make_bundle(tmp_path / "bundle", "onnx")
    write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), package)
    app = npm.installed(npm.packed(package, tmp_path), tmp_path / "app", modules)
    (app / "main.js").write_text(APP, encoding="utf-8")
    (app / "index.html").write_text(PAGE, encoding="utf-8")
    npm.run("node", app / "node_modules" / words[0], *words[1:], cwd=app)
    if not (app / "built" / "index.html").exists():
        (app / "built" / "index.html").write_text(PAGE, encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(app / "built"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wait = "while (!window.found) await new Promise((resolve) => setTimeout(resolve, 50)); return window.found;"
        found = npm.browse(f"http://127.0.0.1:{server.server_port}/index.html", wait)
        server.shutdown()
    label = found["value"].pop("label")
    assert found["value"] == {"passed": 4, "cases": 4, "failure": None}
    assert label in LABELS
    assert found["said"] == []
