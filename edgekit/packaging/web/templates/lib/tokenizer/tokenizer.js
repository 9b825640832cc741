// A tokenizer.json as Hugging Face's `tokenizers` runs it: text to ids, cut to a length and never padded, and back.

import { ModelError } from "../errors.js";
import { Finder } from "./added_tokens.js";
import { decoder } from "./decoders.js";
import { entries, model } from "./models.js";
import { normalizer } from "./normalizers.js";
import { addedBy, filled, templates } from "./post_processors.js";
import { preTokenizer } from "./pretokenizers.js";

/** @typedef {import("./post_processors.js").Encoding} Encoding */

export class Tokenizer {
  /**
   * Throws for a part that this package does not know, by its name.
   * @param {any} config the object of a tokenizer.json
   * @param {number} [maxLength] tokens, special ones included; without it nothing is cut
   */
  constructor(config, maxLength) {
    if (!config?.model) throw new ModelError("invalid", "tokenizer.json has no model");
    this.maxLength = maxLength ?? Infinity;
    /** @type {import("./added_tokens.js").AddedToken[]} */
    const added = config.added_tokens ?? [];
    // special ones are looked for first where two are spelled alike
    const ordered = [...added.filter((token) => token.special), ...added.filter((token) => !token.special)];
    this.normalize = normalizer(config.normalizer);
    this.rawTokens = new Finder(ordered.filter((token) => !token.normalized), (text) => text);
    this.normalizedTokens = new Finder(ordered.filter((token) => token.normalized), this.normalize);
    this.preTokenize = preTokenizer(config.pre_tokenizer);
    this.model = model(config.model);
    this.templates = templates(config.post_processor);
    this.decoder = decoder(config.decoder);
    this.tokens = new Map(entries(config.model).map(([token, id]) => [id, token]));
    for (const token of added) this.tokens.set(token.id, token.content);
    this.special = new Set(added.filter((token) => token.special).map((token) => token.id));
    const room = this.maxLength - addedBy(this.templates.single);
    if (room < 1) throw new ModelError("invalid", `a length of ${maxLength} leaves no room beside special tokens`);
  }

  /**
   * @param {string} text
   * @param {string | null} [pair]
   * @returns {Encoding}
   */
  encode(text, pair = null) {
    const parts = pair === null ? this.templates.single : this.templates.pair;
    const first = this.plainIds(text);
    const second = pair === null ? [] : this.plainIds(pair);
    const room = Math.max(0, this.maxLength - addedBy(parts));
    const [kept, keptPair] = lengths(first.length, second.length, room, pair !== null);
    return filled(parts, first.slice(0, kept), second.slice(0, keptPair));
  }

  /**
   * The text of ids, special tokens left out. Bytes that are no UTF-8 become U+FFFD.
   * @param {number[]} ids
   */
  decode(ids) {
    const tokens = [];
    for (const id of ids) {
      const token = this.tokens.get(id);
      if (token !== undefined && !this.special.has(id)) tokens.push(token);
    }
    return this.decoder(tokens).join("");
  }

  /**
   * The ids of a text without special tokens around it.
   * @private
   * @param {string} text
   */
  plainIds(text) {
    if (typeof text !== "string") throw new ModelError("invalid", `a text must be a string, not ${typeof text}`);
    if (/[\ud800-\udfff]/u.test(text)) throw new ModelError("invalid", "the text holds half a character");
    /** @type {number[]} */
    const ids = [];
    let isFirst = true;
    for (const raw of this.rawTokens.sections(text)) {
      if (raw.id !== null) ids.push(raw.id);
      else this.addNormalized(this.normalize(raw.text), isFirst, ids);
      isFirst = false;
    }
    return ids;
  }

  /**
   * @private
   * @param {string} text
   * @param {boolean} isFirst
   * @param {number[]} ids
   */
  addNormalized(text, isFirst, ids) {
    for (const [place, section] of this.normalizedTokens.sections(text).entries()) {
      if (section.id !== null) ids.push(section.id);
      else for (const piece of this.preTokenize(section.text, isFirst && place === 0)) {
        if (piece) for (const id of this.model(piece)) ids.push(id);
      }
    }
  }
}

/**
 * How many tokens of a text and of its pair are kept: the longer one loses its own first.
 * @param {number} first
 * @param {number} second
 * @param {number} room
 * @param {boolean} isPair
 * @returns {[number, number]}
 */
function lengths(first, second, room, isPair) {
  if (first + second <= room) return [first, second];
  if (!isPair) return [room, 0];
  const shorter = Math.min(first, second);
  let longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
  let kept = shorter;
  if (kept + longer > room) {
    kept = Math.floor(room / 2);
    longer = kept + (room % 2);
  }
  return first > second ? [longer, kept] : [kept, longer];
}
