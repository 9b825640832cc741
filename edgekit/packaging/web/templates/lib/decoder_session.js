// A decoder with its key-value cache: feed tokens, get logits; what each run presents is the past of the next.

import { ModelError } from "./errors.js";

/** @typedef {import("onnxruntime-common").Tensor} Tensor */
/** @typedef {import("./session.js").Session} Session */

const PAST = "past_key_values.";
const PRESENT = "present.";

export class DecoderSession {
  /**
   * @param {Session} session
   * @param {import("../index.d.ts").Manifest} manifest
   * @param {number} capacity the most tokens that the cache holds
   */
  constructor(session, manifest, capacity) {
    this.session = session;
    this.capacity = capacity;
    this.caches = manifest.inputs.filter(({ name }) => name.startsWith(PAST));
    const needed = ["input_ids", "attention_mask", ...this.caches.map(({ name }) => name)];
    if (!this.caches.length || needed.some((name) => !session.inputNames.includes(name))) {
      throw new ModelError("invalid", "the model is no decoder that edgekit exported", "export it again");
    }
    this.length = 0;
    this.past = this.empty();
  }

  /**
   * Append tokens.
   * @param {number[]} ids
   * @returns {Promise<Float32Array>} the logits behind the last of them
   */
  async run(ids) {
    if (!ids.length || this.length + ids.length > this.capacity) {
      throw new ModelError("invalid", `${this.length} tokens and ${ids.length} more: the context holds ${this.capacity}`);
    }
    const results = await this.session.run({
      input_ids: this.session.integers("int64", ids),
      attention_mask: this.session.ones(this.length + ids.length),
      ...this.past,
    });
    this.past = Object.fromEntries(this.caches.map(({ name }) => [name, results[PRESENT + name.slice(PAST.length)]]));
    this.length += ids.length;
    const { data, dims } = results.logits;
    return finite(/** @type {Float32Array} */ (data).slice(-dims[2]));
  }

  /** Forget all tokens. */
  reset() {
    this.length = 0;
    this.past = this.empty();
  }

  /**
   * @private
   * @returns {Record<string, Tensor>}
   */
  empty() {
    return Object.fromEntries(this.caches.map(({ name, shape }) => (
      [name, this.session.floats([], [1, Number(shape[1]), 0, Number(shape[3])])]
    )));
  }
}

/** @param {Float32Array} logits */
function finite(logits) {
  if (!logits.every(Number.isFinite)) throw new ModelError("runtime", "the model gives logits that are no numbers");
  return logits;
}
