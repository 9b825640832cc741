// Running the golden cases: each part as the bundle says, and the first that differs by name.

import { Breaks } from "./breaks.js";
import { ModelError } from "./errors.js";

// of a logit: models that have hardly learned differ by less between texts, and are rounded as others are
const ROUNDING = 1;

/** Holds what was found against what is expected; throws where they differ. */
export class Comparison {
  /** @param {import("../index.d.ts").Manifest} manifest */
  constructor(manifest) {
    this.atol = manifest.parity?.atol ?? 1e-4;
    this.rtol = manifest.parity?.rtol ?? 1e-4;
    this.largest = 0;
    /** @type {Set<string>} */
    this.answers = new Set();
  }

  /**
   * @param {number[]} found
   * @param {number[]} expected
   */
  ids(found, expected) {
    const shorter = Math.min(found.length, expected.length);
    for (let place = 0; place < shorter; place++) {
      if (found[place] !== expected[place]) differs(`token ${place} is ${found[place]}, expected ${expected[place]}`);
    }
    if (found.length !== expected.length) differs(`${found.length} tokens, expected ${expected.length}`);
  }

  /**
   * @param {ArrayLike<number>} found
   * @param {number[]} expected
   */
  logits(found, expected) {
    if (found.length !== expected.length) differs(`${found.length} logits, expected ${expected.length}`);
    this.answers.add(Array.from(found).join());
    expected.forEach((logit, place) => {
      this.close(found[place], logit, this.atol + this.rtol * Math.abs(logit), `logit ${place}`);
    });
  }

  /**
   * @param {number} found
   * @param {number} expected
   * @param {number} margin
   * @param {string} what
   */
  close(found, expected, margin, what) {
    const difference = Math.abs(found - expected);
    // written so that a NaN counts as off
    if (!(difference <= margin)) differs(`${what} is ${found}, expected ${expected} within ${margin}`);
    this.largest = Math.max(this.largest, difference);
  }

  /**
   * @param {string} found
   * @param {string} expected
   */
  label(found, expected) {
    if (found !== expected) differs(`the label is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }

  /**
   * The labels that hold, in the model's order.
   * @param {string[]} found
   * @param {unknown} expected
   */
  labels(found, expected) {
    const [have, want] = [found, expected].map((labels) => JSON.stringify(labels));
    if (have !== want) differs(`the labels are ${have}, expected ${want}`);
  }

  /**
   * A number, which is a logit as it is.
   * @param {number} found
   * @param {number} expected
   */
  value(found, expected) {
    this.close(found, expected, this.atol + this.rtol * Math.abs(expected), "the value");
  }

  /**
   * Whether the token that is expected next is the best, or within the tolerance of it.
   * @param {Float32Array} row
   * @param {number} token
   * @param {number} place
   */
  next(row, token, place) {
    let best = 0;
    for (let id = 1; id < row.length; id++) if (row[id] > row[best]) best = id;
    if (!(row[best] - row[token] <= 2 * (this.atol + this.rtol * largestOf(row)))) {
      differs(`new token ${place} is ${best}, expected ${token}`);
    }
  }

  /**
   * The best logits behind a prompt, less the mean of all.
   * @param {Float32Array} row
   * @param {number[]} best
   * @param {number[]} expected
   */
  bestLogits(row, best, expected) {
    const mean = row.reduce((sum, logit) => sum + logit, 0) / row.length;
    const margin = this.atol + this.rtol * largestOf(row);
    best.forEach((id, place) => this.close(row[id] - mean, expected[place], margin, `the logit of token ${id}`));
  }
}

/**
 * Run every case; the first difference is told, not thrown.
 * @param {any[]} cases
 * @param {import("../index.d.ts").Manifest} manifest
 * @param {(golden: any, comparison: Comparison) => Promise<void>} check
 * @returns {Promise<import("../index.d.ts").SelfTest>}
 */
export async function runGolden(cases, manifest, check) {
  if (!cases.length) throw new ModelError("invalid", "golden.jsonl holds no case");
  const comparison = new Comparison(manifest);
  checkTolerance(cases, manifest, comparison);
  let passed = 0;
  /** @type {string | null} */
  let failure = null;
  const breaks = new Breaks();
  for (const [place, golden] of cases.entries()) {
    await breaks.take();
    try {
      await check(golden, comparison);
      passed++;
    } catch (error) {
      const text = JSON.stringify([...String(golden.text)].slice(0, 40).join(""));
      failure ??= `golden case ${place + 1} (${text}): ${error instanceof Error ? error.message : error}`;
    }
  }
  // the logits of a model that has hardly learned lie close together, so that their tolerance does not tell
  if (comparison.answers.size === 1 && new Set(cases.map(({ logits }) => logits.join())).size > 1) {
    passed = 0;
    failure ??= `the logits of all ${cases.length} golden cases are the same, and should differ`;
  }
  return { cases: cases.length, passed, maxDifference: comparison.largest, failure, unreached: unreached(cases, manifest) };
}

/**
 * The labels that no case has: whether they come out right, these tests do not tell.
 * @param {any[]} cases
 * @param {import("../index.d.ts").Manifest} manifest
 */
function unreached(cases, { labels, problem_type: problem }) {
  if (String(problem) === "regression") return [];
  const reached = new Set(cases.flatMap((golden) => golden.labels ?? golden.label ?? []));
  return labels.filter((label) => !reached.has(label));
}

/**
 * Throw for a tolerance of more than all golden logits differ by, and more than rounding does to any model: whatever the model
 * answers could be within it.
 * @param {{ logits: number[] }[]} cases
 * @param {import("../index.d.ts").Manifest} manifest
 * @param {Comparison} comparison
 */
function checkTolerance(cases, manifest, { atol, rtol }) {
  const values = cases.flatMap(({ logits }) => logits);
  // those of a decoder are less their mean, so that 0 is among them
  if (manifest.task === "text-generation" || !values.length) values.push(0);
  const least = values.reduce((one, other) => Math.min(one, other));
  const most = values.reduce((one, other) => Math.max(one, other));
  const [widest, spread] = [atol + rtol * Math.max(Math.abs(least), Math.abs(most)), most - least];
  // written so that a NaN counts as too wide
  if (!(widest < Math.max(spread, ROUNDING))) {
    throw new ModelError(
      "invalid", `manifest.json: parity allows a logit to be ${widest} off, and those of all golden cases lie within ${spread}: ` +
        "wrong answers would pass", "export the bundle again",
    );
  }
}

/** @param {Float32Array} row */
const largestOf = (row) => row.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);

/**
 * @param {string} what
 * @returns {never}
 */
function differs(what) {
  throw new ModelError("mismatch", what);
}
