// What the manifest says of a model, in a few lines, and the result of its self-test.

import { REGRESSION, problemType, thresholdsOf } from "../lib/head.js";
import { element, made } from "./dom.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */

/** @param {Manifest} manifest */
export function showFacts(manifest) {
  const list = element("facts");
  for (const [name, value] of facts(manifest)) {
    const group = document.createElement("div");
    group.append(made("dt", name), made("dd", value));
    list.append(group);
  }
}

/**
 * @param {Manifest} manifest
 * @returns {[string, string][]}
 */
function facts(manifest) {
  const needed = Object.values(manifest.files).filter((file) => file.runtime);
  const bytes = needed.reduce((sum, file) => sum + file.bytes, 0);
  /** @type {[string, string][]} */
  const found = [
    ["Size", `${(bytes / 1e6).toPrecision(3)} MB`],
    ["Parameters", manifest.parameters.toLocaleString("en")],
    ["Weights", manifest.scheme],
    ["Longest text", `${manifest.max_length} tokens`],
  ];
  if (manifest.labels.length && problemType(manifest) !== REGRESSION) found.push(["Labels", String(manifest.labels.length)]);
  for (const { data, split, accuracy, low, high, rows } of manifest.accuracy ?? []) {
    const interval = `${low.toFixed(1)} to ${high.toFixed(1)}`;
    found.push([`Accuracy on ${said(data, split)}`, `${accuracy.toFixed(1)} % (95 %: ${interval}; ${rows} rows)`]);
  }
  for (const { data, split, perplexity, low, high } of manifest.perplexity ?? []) {
    found.push([`Perplexity on ${said(data, split)}`, `${perplexity.toFixed(2)} (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`]);
  }
  found.push(...headFacts(manifest), ["Runs on", `WebAssembly, ${threads()}`]);
  return found;
}

/**
 * What a multi-label model or a regression has in place of an accuracy.
 * @param {Manifest} manifest
 * @returns {[string, string][]}
 */
function headFacts(manifest) {
  /** @type {[string, string][]} */
  const found = [];
  const percents = thresholdsOf(manifest).map((threshold) => 100 * threshold);
  const [lowest, highest] = [Math.min(...percents), Math.max(...percents)].map((each) => each.toPrecision(3));
  if (percents.length) found.push(["A label holds from", lowest === highest ? `${lowest} %` : `${lowest} to ${highest} %`]);
  for (const { data, split, rows, micro_f1, micro_f1_low, micro_f1_high } of /** @type {any[]} */ (manifest.label_sets ?? [])) {
    const interval = `${micro_f1_low.toFixed(1)} to ${micro_f1_high.toFixed(1)}`;
    found.push([`Micro-F1 on ${said(data, split)}`, `${micro_f1.toFixed(1)} % (95 %: ${interval}; ${rows} rows)`]);
  }
  for (const { data, split, rows, mae, mae_low, mae_high } of /** @type {any[]} */ (manifest.numbers ?? [])) {
    const interval = mae_high === null ? `${mae_low.toPrecision(3)} or more` : `${mae_low.toPrecision(3)} to ${mae_high.toPrecision(3)}`;
    found.push([`Mean absolute error on ${said(data, split)}`, `${mae.toPrecision(3)} (95 %: ${interval}; ${rows} rows)`]);
  }
  return found;
}

/**
 * Rows or text as one speaks of them: `smart-home/test` is the test data of smart-home, and a package has no names.
 * @param {string} data
 * @param {string} split
 */
function said(data, split) {
  const name = data.endsWith(`/${split}`) ? data.slice(0, -split.length - 1) : data;
  return name === "data" ? `the ${split} data` : `the ${split} data of ${name}`;
}

/** As many as onnxruntime takes by itself. */
function threads() {
  if (!globalThis.crossOriginIsolated) return "1 thread";
  const count = Math.min(4, Math.ceil((navigator.hardwareConcurrency || 1) / 2));
  return `${count} ${count === 1 ? "thread" : "threads"}`;
}

/** @param {{ selfTest(): Promise<import("../index.d.ts").SelfTest> }} model */
export async function showSelfTest(model) {
  element("test-text").textContent = "running the golden cases…";
  const { cases, passed, maxDifference, failure } = await model.selfTest();
  element("test").classList.add(failure ? "bad" : "good");
  element("test-mark").textContent = failure ? "✗" : "✓";
  element("test-text").textContent = `${passed} of ${cases} golden cases equal`;
  element("test-detail").textContent = failure ?? `largest difference of a logit: ${maxDifference.toPrecision(2)}`;
  element("test").dataset.done = failure ? "failed" : "passed";
}
