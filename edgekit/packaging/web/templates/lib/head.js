// What the logits of a classifier mean: one label out of all, labels each by itself, or a number.

import { HEAD_FORMAT_VERSION } from "./content_hash.js";
import { ModelError } from "./errors.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("./golden.js").Comparison} Comparison */
/** @typedef {{ label: string, score: number }} Score */
/** @typedef {{ label: string, score: number, scores: Score[] }} OneLabel */
/** @typedef {{ labels: string[], scores: Score[] }} Labels */
/** @typedef {{ value: number }} Value */
/** @typedef {OneLabel | Labels | Value} Answer */
/**
 * Reads logits as an answer, and holds an answer against that of a golden case.
 * @typedef {object} Head
 * @property {(logits: Float32Array) => Answer} read
 * @property {(compare: Comparison, found: any, golden: any) => void} check
 */

export const MULTI_LABEL = "multi_label_classification";
export const REGRESSION = "regression";
// what is told where an answer is read for what it has not
const NO_LABEL = "this model gives each label by itself, and no single one: read labels and scores";
const NO_LABELS = "this model gives a number, and no label: read value";

/**
 * What is wrong with a model's facts of its head, which of classifiers alone may be another than usual; null where
 * nothing is.
 * @param {Manifest} manifest
 * @returns {string | null}
 */
export function headFault(manifest) {
  const { format_version, thresholds, labels } = manifest;
  const type = problemType(manifest);
  if (format_version !== HEAD_FORMAT_VERSION) {
    return isGiven(type) || isGiven(thresholds) ? "this format has no problem_type" : null;
  }
  if (manifest.task !== "text-classification") return `a model for ${manifest.task} has no problem_type`;
  if (type === REGRESSION) {
    return labels.length === 1 && !isGiven(thresholds) ? null : "a regression has one output and no thresholds";
  }
  if (type !== MULTI_LABEL) return `problem_type must be ${REGRESSION} or ${MULTI_LABEL}`;
  if (!Array.isArray(thresholds) || !labels.length || thresholds.length !== labels.length) {
    return "thresholds must be one for each label";
  }
  const areShares = thresholds.every((each) => typeof each === "number" && each > 0 && each < 1);
  return areShares ? null : "each of thresholds must be a number between 0 and 1";
}

/**
 * How the logits of a classifier are read, whose manifest was checked.
 * @param {Manifest} manifest
 * @returns {Head}
 */
export function headOf(manifest) {
  const type = problemType(manifest);
  if (type === REGRESSION) return new RegressionHead();
  if (type === MULTI_LABEL) return new MultiLabelHead(manifest.labels, thresholdsOf(manifest));
  return new SingleLabelHead(manifest.labels);
}

/**
 * What the manifest says of its logits, whatever that is: the types of a package name the problem type of its own model.
 * @param {Manifest} manifest
 * @returns {unknown}
 */
export const problemType = (manifest) => manifest.problem_type;

/**
 * From which score on each label of a multi-label model holds, in their order; of other models none.
 * @param {Manifest} manifest
 */
export function thresholdsOf({ thresholds }) {
  return /** @type {readonly number[]} */ (Array.isArray(thresholds) ? thresholds : []);
}

class SingleLabelHead {
  /** @param {readonly string[]} labels */
  constructor(labels) {
    this.labels = labels;
  }

  /**
   * The softmax of the logits, and the label of the largest.
   * @param {Float32Array} logits
   * @returns {OneLabel}
   */
  read(logits) {
    const best = logits.reduce((place, logit, at) => (logit > logits[place] ? at : place), 0);
    const weights = Array.from(logits, (logit) => Math.exp(logit - logits[best]));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scores = weights.map((weight, place) => ({ label: this.labels[place], score: weight / total }));
    return { ...scores[best], scores };
  }

  /**
   * @param {Comparison} compare
   * @param {OneLabel} found
   * @param {any} golden
   */
  check(compare, found, golden) {
    compare.label(found.label, golden.label);
  }
}

class MultiLabelHead {
  /**
   * @param {readonly string[]} labels
   * @param {readonly number[]} thresholds
   */
  constructor(labels, thresholds) {
    this.labels = labels;
    this.thresholds = thresholds;
  }

  /**
   * The sigmoid of each logit, and the labels that reach their thresholds.
   * @param {Float32Array} logits
   * @returns {Labels}
   */
  read(logits) {
    const shares = Array.from(logits, sigmoid);
    const scores = shares.map((score, place) => ({ label: this.labels[place], score }));
    const labels = this.labels.filter((_, place) => shares[place] >= this.thresholds[place]);
    return without({ labels, scores }, ["label", "score", "value"], NO_LABEL);
  }

  /**
   * @param {Comparison} compare
   * @param {Labels} found
   * @param {any} golden
   */
  check(compare, found, golden) {
    compare.labels(found.labels, golden.labels);
  }
}

class RegressionHead {
  /**
   * The logit as it is.
   * @param {Float32Array} logits
   * @returns {Value}
   */
  read(logits) {
    return without({ value: logits[0] }, ["label", "score", "labels", "scores"], NO_LABELS);
  }

  /**
   * @param {Comparison} compare
   * @param {Value} found
   * @param {any} golden
   */
  check(compare, found, golden) {
    compare.value(found.value, golden.value);
  }
}

/**
 * 1 / (1 + e^-x) as every runtime of the bundle computes it: a score at a threshold is the same everywhere.
 * @param {number} logit
 */
const sigmoid = (logit) => 1 / (1 + Math.exp(-Math.min(Math.max(logit, -700), 700)));

/**
 * An answer of which these cannot be read: JavaScript would give undefined for them, which passes for an answer.
 * @template {object} T
 * @param {T} answer
 * @param {string[]} names
 * @param {string} why
 * @returns {T}
 */
function without(answer, names, why) {
  for (const name of names) {
    Object.defineProperty(answer, name, {
      get() {
        throw new ModelError("unsupported", `${name} cannot be read: ${why}`);
      },
    });
  }
  return answer;
}

/** @param {unknown} fact */
const isGiven = (fact) => (Array.isArray(fact) ? fact.length > 0 : Boolean(fact));
