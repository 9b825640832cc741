// Choosing the next token: the best, or one drawn from what temperature, top-k and top-p leave.

import { ModelError } from "./errors.js";
import { Pcg64 } from "./pcg64.js";

/** @typedef {{ temperature: number, topK: number, topP: number, seed: number }} Sampling */

export class Sampler {
  /** @param {Sampling} sampling temperature 0 takes the best; topK 0 and topP 1 leave all */
  constructor({ temperature, topK, topP, seed }) {
    if (!(temperature >= 0 && temperature < Infinity && topP > 0 && topP <= 1 && isCount(topK) && isCount(seed))) {
      throw new ModelError(
        "invalid", "temperature, topK and seed must be 0 or more, the last two whole numbers, topP above 0 and at most 1",
      );
    }
    if (temperature === 0 && (topK || topP < 1)) {
      throw new ModelError("invalid", "topK and topP choose among several tokens", "give a temperature, as 0.8");
    }
    this.temperature = temperature;
    this.topK = topK;
    this.topP = topP;
    this.random = new Pcg64(seed);
  }

  /**
   * A token for its logits. Of equal logits the lower id is the better.
   * @param {Float32Array} logits
   * @returns {number}
   */
  choose(logits) {
    if (this.temperature === 0) {
      return logits.reduce((best, logit, id) => (logit > logits[best] ? id : best), 0);
    }
    const { ids, weights, total } = this.candidates(logits);
    const drawn = this.random.next() * total;
    let sum = 0;
    for (let place = 0; place < ids.length; place++) {
      sum += weights[place];
      if (sum > drawn) return ids[place];
    }
    return ids[ids.length - 1];
  }

  /**
   * The ids that may be drawn, the best first, with their weights.
   * @private
   * @param {Float32Array} logits
   */
  candidates(logits) {
    const ids = this.best(logits);
    const top = logits[ids[0]] / this.temperature;
    const weights = Float64Array.from(ids, (id) => Math.exp(logits[id] / this.temperature - top));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    let kept = 0;
    let sum = 0;
    // a token is in as long as those before it do not make up topP
    while (kept < ids.length && (this.topP === 1 || sum < this.topP * all)) sum += weights[kept++];
    return { ids: ids.subarray(0, kept), weights, total: sum };
  }

  /**
   * @private
   * @param {Float32Array} logits
   */
  best(logits) {
    // from the array itself: Hermes makes typed arrays of no iterator, and says nothing
    let ids = Uint32Array.from(logits, (_, id) => id);
    if (this.topK && this.topK < logits.length) {
      // logits sort fast as plain numbers; only those not below the last that counts are ranked
      const least = Float32Array.from(logits).sort()[logits.length - this.topK];
      ids = ids.filter((id) => logits[id] >= least);
    }
    ids.sort((one, other) => logits[other] - logits[one] || one - other);
    return this.topK ? ids.subarray(0, this.topK) : ids;
  }
}

/** @param {number} value */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
