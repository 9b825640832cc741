// The pre-tokenizers of a tokenizer.json as functions from a text to its pieces.

import { ModelError } from "../errors.js";
import { encodeBytes } from "./byte_level.js";
import { compiled, escaped } from "./patterns.js";
import { behavior, cut, spansOf, spansOfClass } from "./splitting.js";
import { NUMERIC, PUNCTUATION, WHITE, WORD, category } from "./unicode.js";

/** `first`: whether the piece begins where the whole text does. @typedef {(text: string, first: boolean) => string[]} PreTokenizer */

/** @type {Record<string, (config: any) => PreTokenizer>} */
const KINDS = {
  BertPreTokenizer: () => (text) => words(text).flatMap((word) => cut(word, spansOfClass(word, PUNCTUATION), "Isolated")),
  ByteLevel: byteLevel,
  Digits: digits,
  Metaspace: metaspace,
  Punctuation: (config) => ofClass(PUNCTUATION, behavior(config.behavior ?? "Isolated")),
  Sequence: (config) => sequence(config.pretokenizers.map(preTokenizer)),
  Split: split,
  Whitespace: whitespace,
  WhitespaceSplit: () => words,
};

/**
 * The function of a `pre_tokenizer`, or of none. Throws for one that is not known.
 * @param {any} config
 * @returns {PreTokenizer}
 */
export function preTokenizer(config) {
  if (config === null || config === undefined) return (text) => [text];
  if (!Object.hasOwn(KINDS, config.type)) {
    throw new ModelError("unsupported", `tokenizer.json has a pre-tokenizer ${config.type}`);
  }
  return KINDS[config.type](config);
}

/**
 * @param {PreTokenizer[]} steps
 * @returns {PreTokenizer}
 */
function sequence(steps) {
  return (text, first) => {
    let pieces = [text];
    for (const step of steps) {
      pieces = pieces.flatMap((piece, place) => step(piece, first && place === 0).filter(Boolean));
    }
    return pieces;
  };
}

/** @param {string} text */
const words = (text) => cut(text, spansOfClass(text, WHITE), "Removed");

/**
 * @param {import("./unicode.js").CharacterClass} wanted
 * @param {string} how
 * @returns {PreTokenizer}
 */
const ofClass = (wanted, how) => (text) => cut(text, spansOfClass(text, wanted), how);

/**
 * @param {any} config
 * @returns {PreTokenizer}
 */
function digits(config) {
  return ofClass(NUMERIC, config.individual_digits ? "Isolated" : "Contiguous");
}

/** @returns {PreTokenizer} */
function whitespace() {
  const pattern = new RegExp(`[${WORD.source}]+|[^${WORD.source}${WHITE.source}]+`, "gu");
  return (text) => text.match(pattern) ?? [];
}

/**
 * @param {any} config
 * @returns {PreTokenizer}
 */
function split(config) {
  const pattern = compiled(config.pattern);
  const how = behavior(config.behavior);
  const inverted = Boolean(config.invert);
  return (text) => {
    const spans = spansOf(text, pattern);
    return cut(text, inverted ? spans.map((span) => ({ ...span, matched: !span.matched })) : spans, how);
  };
}

/**
 * GPT-2's: words with the space before them, as bytes that are written as characters.
 * @param {any} config
 * @returns {PreTokenizer}
 */
function byteLevel(config) {
  const [letter, number, white] = [category("L").source, category("N").source, WHITE.source];
  const pattern = new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?[${letter}]+| ?[${number}]+| ?[^${white}${letter}${number}]+|[${white}]+(?![^${white}])` +
      `|[${white}]+`,
    "gu",
  );
  const whole = config.use_regex === false;
  return (text) => {
    const spaced = config.add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
    return (whole ? [spaced] : cut(spaced, spansOf(spaced, pattern), "Isolated")).map(encodeBytes);
  };
}

/**
 * Sentencepiece's: spaces become a character of their own, one stands before the text.
 * @param {any} config
 * @returns {PreTokenizer}
 */
function metaspace(config) {
  const mark = config.replacement ?? "▁";
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  if (!["always", "first", "never"].includes(scheme)) {
    throw new ModelError("unsupported", `tokenizer.json has a Metaspace with prepend_scheme ${scheme}`);
  }
  const pattern = new RegExp(escaped(mark), "gu");
  return (text, first) => {
    const marked = text.replaceAll(" ", mark);
    const begins = marked.startsWith(mark) || scheme === "never" || (scheme === "first" && !first);
    const whole = begins ? marked : mark + marked;
    return config.split === false ? [whole] : cut(whole, spansOf(whole, pattern), "MergedWithNext");
  };
}
