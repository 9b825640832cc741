// The demo page: loads the model of this package, shows what it is, lets a person try it, and runs its self-test.

import { REGRESSION, problemType } from "../lib/head.js";
import { Classifier, Generator } from "../lib/web.js";
import { startClassifying } from "./classify.js";
import { element, showProblem } from "./dom.js";
import { showFacts, showSelfTest } from "./facts.js";
import { startGenerating } from "./generate.js";

const BUNDLE = new URL("../bundle/", import.meta.url);

async function start() {
  const { task } = await (await fetch(new URL("manifest.json", BUNDLE))).json();
  const writes = task === "text-generation";
  const model = await (writes ? Generator : Classifier).load({ worker: true });
  element("task").textContent = `${does(model.manifest)}, in this page`;
  showFacts(model.manifest);
  const golden = await cases();
  if (model instanceof Generator) startGenerating(model, golden);
  else await startClassifying(/** @type {import("../index.d.ts").Classifier} */ (model), golden);
  await showSelfTest(model);
}

/** @param {import("../index.d.ts").Manifest} manifest */
function does(manifest) {
  if (manifest.task === "text-generation") return "Writes on from a prompt";
  return problemType(manifest) === REGRESSION ? "Gives a text a number" : "Labels a text";
}

async function cases() {
  const text = await (await fetch(new URL("golden.jsonl", BUNDLE))).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

start().catch((error) => {
  element("task").textContent = "The model could not be loaded";
  element("test-text").textContent = "did not run";
  showProblem(error);
});
