// The model of a tokenizer.json as a function from a piece of text to ids.

import { ModelError } from "../errors.js";
import { Bpe } from "./bpe.js";
import { Unigram } from "./unigram.js";
import { wordLevel, wordPiece } from "./words.js";

/** @typedef {import("./words.js").Model} Model */

/** @type {Record<string, (config: any) => Model>} */
const KINDS = {
  WordPiece: wordPiece,
  WordLevel: wordLevel,
  BPE: (config) => {
    const bpe = new Bpe(config);
    return (piece) => bpe.encode(piece);
  },
  Unigram: (config) => {
    const unigram = new Unigram(config);
    return (piece) => unigram.encode(piece);
  },
};

/**
 * Throws for a model that is not known.
 * @param {any} config
 * @returns {Model}
 */
export function model(config) {
  const type = config?.type;
  if (typeof type !== "string" || !Object.hasOwn(KINDS, type)) {
    throw new ModelError("unsupported", `tokenizer.json has a model ${type}`);
  }
  return KINDS[type](config);
}

/**
 * Each token of the model's vocabulary with its id.
 * @param {any} config
 * @returns {[string, number][]}
 */
export function entries(config) {
  if (!Array.isArray(config.vocab)) return Object.entries(config.vocab);
  return config.vocab.map((/** @type {[string, number]} */ [token], /** @type {number} */ id) => [token, id]);
}
