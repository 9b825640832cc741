// A unigram language model (Kudo 2018): of all ways to cut a text into pieces the most probable one, found by Viterbi.

import { ModelError } from "../errors.js";
import { byteTokens } from "./bpe.js";

// what an unknown character costs beyond the least probable piece, as in sentencepiece
const UNKNOWN_PENALTY = 10;

/** @typedef {{ id: number, children: Map<number, Node> }} Node of the tree of all pieces, by UTF-16 unit; -1: no piece */

export class Unigram {
  /** @param {any} config the model of a tokenizer.json */
  constructor(config) {
    /** @type {[string, number][]} */
    const pieces = config.vocab;
    this.scores = pieces.map(([, score]) => score);
    this.ids = new Map(pieces.map(([piece], id) => [piece, id]));
    this.unknown = config.unk_id ?? null;
    this.falls = Boolean(config.byte_fallback);
    this.unknownScore = this.scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
    this.root = tree(this.ids);
  }

  /** @param {string} text */
  encode(text) {
    return this.pieces(text).flatMap((piece) => this.idsOf(piece));
  }

  /**
   * @private
   * @param {string} piece
   */
  idsOf(piece) {
    const id = this.ids.get(piece);
    if (id !== undefined) return [id];
    const bytes = this.falls ? byteTokens(piece).map((token) => this.ids.get(token)) : [undefined];
    return bytes.includes(undefined) ? [this.unknownId()] : /** @type {number[]} */ (bytes);
  }

  /** @private */
  unknownId() {
    if (this.unknown === null) throw new ModelError("invalid", "tokenizer.json has no token for unknown characters");
    return /** @type {number} */ (this.unknown);
  }

  /**
   * The pieces of the best path, unknown ones next to each other as one.
   * @private
   * @param {string} text
   */
  pieces(text) {
    const path = this.bestPath(text);
    const pieces = [];
    let end = text.length;
    let last = end;
    while (end > 0) {
      const isUnknown = path.ids[end] === this.unknown;
      end = path.starts[end];
      // a run of unknown pieces goes on as long as the one before it is unknown too
      if (isUnknown && end > 0 && path.ids[end] === this.unknown) continue;
      pieces.push(text.slice(end, last));
      last = end;
    }
    return pieces.reverse();
  }

  /**
   * For each end of a piece: where the best piece that ends there starts, and its id.
   * @private
   * @param {string} text
   */
  bestPath(text) {
    const best = new Float64Array(text.length + 1);
    const starts = new Int32Array(text.length + 1).fill(-1);
    const ids = new Int32Array(text.length + 1).fill(-1);
    const offer = (/** @type {number} */ start, /** @type {number} */ end, /** @type {number} */ id, /** @type {number} */ score) => {
      if (starts[end] >= 0 && best[start] + score <= best[end]) return;
      best[end] = best[start] + score;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < text.length; ) {
      const single = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      let isKnown = false;
      let node = this.root.children.get(text.charCodeAt(start));
      for (let end = start + 1; node; node = this.next(node, text, end++)) {
        if (node.id < 0) continue;
        offer(start, end, node.id, this.scores[node.id]);
        isKnown ||= end === single;
      }
      if (!isKnown) offer(start, single, this.unknownId(), this.unknownScore);
      start = single;
    }
    return { starts, ids };
  }

  /**
   * @private
   * @param {Node} node
   * @param {string} text
   * @param {number} place
   */
  next(node, text, place) {
    return place < text.length ? node.children.get(text.charCodeAt(place)) : undefined;
  }
}

/**
 * @param {Map<string, number>} ids
 * @returns {Node}
 */
function tree(ids) {
  const root = { id: -1, children: new Map() };
  for (const [piece, id] of ids) {
    let node = root;
    for (let place = 0; place < piece.length; place++) {
      const unit = piece.charCodeAt(place);
      if (!node.children.has(unit)) node.children.set(unit, { id: -1, children: new Map() });
      node = node.children.get(unit);
    }
    node.id = id;
  }
  return root;
}
