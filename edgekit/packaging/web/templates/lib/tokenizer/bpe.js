// Byte-pair encoding (Sennrich et al. 2016): pairs of tokens become one, the earliest learned first.

import { ModelError } from "../errors.js";
import { encodeUtf8 } from "../utf8.js";
import { Heap } from "./heap.js";
import { vocabulary } from "./words.js";

/** @typedef {{ id: number, before: number, behind: number, gone: boolean }} Symbol a link of a chain; -1 is no link */
/** @typedef {{ place: number, rank: number, id: number }} Merge a pair that may be merged, by its left symbol */

// words, and characters of a word, that are remembered
const CACHED_WORDS = 10_000;
const CACHED_LENGTH = 256;

export class Bpe {
  /** @param {any} config the model of a tokenizer.json; merges as "a b" or as ["a", "b"] */
  constructor(config) {
    if (config.dropout) throw new ModelError("unsupported", "tokenizer.json has a BPE model with dropout");
    this.ids = vocabulary(config);
    this.prefix = config.continuing_subword_prefix ?? "";
    this.suffix = config.end_of_word_suffix ?? "";
    this.size = 1 + [...this.ids.values()].reduce((largest, id) => Math.max(largest, id), 0);
    this.merges = this.read(config.merges);
    this.unknown = config.unk_token ?? null;
    this.fuses = Boolean(config.fuse_unk);
    this.falls = Boolean(config.byte_fallback);
    this.whole = Boolean(config.ignore_merges);
    /** @type {Map<string, number[]>} */
    this.cache = new Map();
  }

  /** @param {string} word */
  encode(word) {
    const known = this.whole ? this.ids.get(word) : undefined;
    if (known !== undefined) return [known];
    const cached = this.cache.get(word);
    if (cached) return cached;
    const ids = this.merged(this.symbols(word));
    if (word.length < CACHED_LENGTH && this.cache.size < CACHED_WORDS) this.cache.set(word, ids);
    return ids;
  }

  /**
   * @private
   * @param {(string | [string, string])[]} merges
   * @returns {Map<number, { rank: number, id: number }>}
   */
  read(merges) {
    const made = new Map();
    merges.forEach((merge, rank) => {
      const [left, right, ...rest] = typeof merge === "string" ? merge.split(" ") : merge;
      const ids = [left, right, left + (right ?? "").slice(this.prefix.length)].map((token) => this.ids.get(token));
      if (rest.length || ids.includes(undefined)) {
        throw new ModelError("invalid", `tokenizer.json has a merge that its vocabulary does not know: ${merge}`);
      }
      made.set(this.pair(/** @type {number} */ (ids[0]), /** @type {number} */ (ids[1])), { rank, id: ids[2] });
    });
    return made;
  }

  /**
   * @private
   * @param {number} left
   * @param {number} right
   */
  pair(left, right) {
    return left * this.size + right;
  }

  /**
   * The ids of a word's characters; those that the vocabulary lacks as their bytes, or as the unknown token.
   * @private
   * @param {string} word
   */
  symbols(word) {
    const characters = [...word];
    const ids = [];
    let pending = null;
    for (const [place, character] of characters.entries()) {
      const text = (place ? this.prefix : "") + character + (place === characters.length - 1 ? this.suffix : "");
      const id = this.ids.get(text);
      const bytes = id === undefined && this.falls ? this.bytes(text) : null;
      if (id !== undefined) {
        if (pending !== null) ids.push(pending);
        pending = null;
        ids.push(id);
      } else if (bytes) {
        ids.push(...bytes);
      } else if (this.unknown !== null) {
        if (pending !== null && !this.fuses) ids.push(pending);
        pending = this.unknownId();
      }
    }
    if (pending !== null) ids.push(pending);
    return ids;
  }

  /**
   * @private
   * @param {string} text
   * @returns {number[] | null}
   */
  bytes(text) {
    const ids = byteTokens(text).map((token) => this.ids.get(token));
    return ids.includes(undefined) ? null : /** @type {number[]} */ (ids);
  }

  /** @private */
  unknownId() {
    const id = this.ids.get(this.unknown);
    if (id === undefined) throw new ModelError("invalid", `the vocabulary has no ${this.unknown} for unknown characters`);
    return id;
  }

  /**
   * @private
   * @param {number[]} ids
   */
  merged(ids) {
    if (ids.length < 2) return ids;
    const last = ids.length - 1;
    /** @type {Symbol[]} */
    const chain = ids.map((id, place) => (
      { id, before: place - 1, behind: place === last ? -1 : place + 1, gone: false }
    ));
    /** @type {Heap<Merge>} */
    const waiting = new Heap((one, other) => one.rank - other.rank || one.place - other.place);
    for (let place = 0; place < last; place++) this.consider(chain, place, waiting);
    for (let merge = waiting.pop(); merge; merge = waiting.pop()) this.apply(chain, merge, waiting);
    return chain.filter((symbol) => !symbol.gone).map((symbol) => symbol.id);
  }

  /**
   * @private
   * @param {Symbol[]} chain
   * @param {number} place
   * @param {Heap<Merge>} waiting
   */
  consider(chain, place, waiting) {
    const left = chain[place];
    if (!left || left.behind < 0) return;
    const found = this.merges.get(this.pair(left.id, chain[left.behind].id));
    if (found) waiting.push({ place, ...found });
  }

  /**
   * @private
   * @param {Symbol[]} chain
   * @param {Merge} merge
   * @param {Heap<Merge>} waiting
   */
  apply(chain, merge, waiting) {
    const left = chain[merge.place];
    if (left.gone || left.behind < 0) return;
    const right = chain[left.behind];
    // a pair that has changed since it was considered
    if (this.merges.get(this.pair(left.id, right.id))?.id !== merge.id) return;
    left.id = merge.id;
    right.gone = true;
    left.behind = right.behind;
    if (right.behind >= 0) chain[right.behind].before = merge.place;
    if (left.before >= 0) this.consider(chain, left.before, waiting);
    this.consider(chain, merge.place, waiting);
  }
}

/**
 * The tokens of a text's bytes: `<0xE2>` and so on.
 * @param {string} text
 */
export function byteTokens(text) {
  return Array.from(encodeUtf8(text), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
}
