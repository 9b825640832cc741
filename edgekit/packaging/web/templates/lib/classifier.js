// A bundle as a function from text to label, labels or number.

import { openBundle } from "./bundle.js";
import { ModelError } from "./errors.js";
import { runGolden } from "./golden.js";
import { headOf, thresholdsOf } from "./head.js";
import { Lifetime } from "./lifetime.js";
import { readerOf } from "./platform.js";
import { Session } from "./session.js";
import { Tokenizer } from "./tokenizer/tokenizer.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("../index.d.ts").Prediction} Prediction */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./tokenizer/post_processors.js").Encoding} Encoding */

export const TASK = "text-classification";

/** A bundle that is ready to classify, one text at a time; calls that overlap wait for each other. */
export class BaseClassifier {
  /**
   * @param {import("./bundle.js").Bundle} bundle
   * @param {Tokenizer} tokenizer
   * @param {Session} session
   */
  constructor(bundle, tokenizer, session) {
    this.bundle = bundle;
    this.tokenizer = tokenizer;
    this.session = session;
    this.head = headOf(bundle.manifest);
    this.life = new Lifetime(() => session.release());
    this.inputs = new Map(bundle.manifest.inputs.map(({ name, dtype }) => [name, { role: role(name), dtype }]));
    const unknown = session.inputNames.find((name) => !this.inputs.has(name));
    if (unknown) throw new ModelError("invalid", `the model takes an input ${unknown} that the manifest does not know`);
  }

  /** @returns {Manifest} */
  get manifest() {
    return this.bundle.manifest;
  }

  /** @returns {readonly string[]} */
  get labels() {
    return this.manifest.labels;
  }

  /** From which score on each label of a multi-label model holds, in their order; of other models none. */
  get thresholds() {
    return thresholdsOf(this.manifest);
  }

  /**
   * @param {string} text
   * @param {string | null} [pair]
   * @returns {Promise<Prediction>}
   */
  classify(text, pair = null) {
    return this.life.take(async () => {
      const started = performance.now();
      const logits = await this.logits(this.tokenizer.encode(text, pair));
      const answer = Object.assign(this.head.read(logits), { logits, ms: performance.now() - started });
      return /** @type {Prediction} */ (answer);
    });
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  selfTest() {
    return this.life.take(async () => runGolden(await this.bundle.golden(), this.manifest, (...all) => this.check(...all)));
  }

  /** Free the model, once what it is asked before is through; a second call changes nothing. */
  dispose() {
    return this.life.end();
  }

  /**
   * @private
   * @param {any} golden
   * @param {import("./golden.js").Comparison} compare
   */
  async check(golden, compare) {
    const encoding = this.tokenizer.encode(golden.text, golden.text_pair ?? null);
    compare.ids(encoding.ids, golden.ids);
    const logits = await this.logits(encoding);
    compare.logits(logits, golden.logits);
    this.head.check(compare, this.head.read(logits), golden);
  }

  /**
   * @private
   * @param {Encoding} encoding
   * @returns {Promise<Float32Array>}
   */
  async logits(encoding) {
    if (this.manifest.pairs === false && encoding.typeIds.some(Boolean)) {
      throw new ModelError("invalid", "this model takes single texts, and was given a pair", "leave the second text out");
    }
    // a text without any token is one of padding
    const ids = encoding.ids.length ? encoding.ids : [this.manifest.pad_id];
    const types = encoding.ids.length ? encoding.typeIds : [0];
    /** @type {Record<string, number[]>} */
    const rows = { ids, mask: ids.map(() => 1), types };
    /** @type {Record<string, import("onnxruntime-common").Tensor>} */
    const feeds = {};
    for (const name of this.session.inputNames) {
      const { role: holds, dtype } = /** @type {{ role: string, dtype: string }} */ (this.inputs.get(name));
      feeds[name] = this.session.integers(dtype, rows[holds]);
    }
    const results = await this.session.run(feeds);
    const logits = /** @type {Float32Array} */ (results[this.session.outputNames[0]].data);
    if (logits.length !== this.labels.length) {
      throw new ModelError("invalid", `the model gives ${logits.length} logits for ${this.labels.length} labels`);
    }
    if (!logits.every(Number.isFinite)) throw new ModelError("runtime", "the model gives logits that are no numbers");
    return logits;
  }
}

/**
 * Read, check and load what a classifier needs.
 * @param {Platform} platform
 * @param {import("../index.d.ts").LoadOptions} options
 * @returns {Promise<[import("./bundle.js").Bundle, Tokenizer, Session]>}
 */
export async function parts(platform, options) {
  const bundle = await openBundle(await readerOf(platform, options), TASK);
  const tokenizer = new Tokenizer(await bundle.json("tokenizer.json"), bundle.manifest.max_length);
  const session = await Session.create(platform, await bundle.model(), options);
  return [bundle, tokenizer, session];
}

/**
 * What an input holds, by its name.
 * @param {string} name
 */
function role(name) {
  if (name.includes("mask")) return "mask";
  return name.includes("type") ? "types" : "ids";
}
