// The normalizers of a tokenizer.json as functions from text to text.

import { ModelError } from "../errors.js";
import { Charsmap } from "./charsmap.js";
import { compiled } from "./patterns.js";
import { CONTROL, MARK, NONSPACING, WHITE, codeOf, lowercase, normalForm, whiteAtEnd, whiteAtStart, without }
  from "./unicode.js";

/** @typedef {(text: string) => string} Normalizer */

// as the library has them, with its own bounds of extension E
const CHINESE = [
  [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xf900, 0xfaff], [0x20000, 0x2a6df], [0x2a700, 0x2b73f], [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf], [0x2f800, 0x2fa1f],
];

/** @type {Record<string, (config: any) => Normalizer>} */
const KINDS = {
  BertNormalizer: bert,
  Sequence: (config) => sequence(config.normalizers.map(normalizer)),
  Lowercase: () => lowercase,
  StripAccents: () => (text) => without(text, MARK),
  NFC: () => (text) => normalForm(text, "NFC"),
  NFD: () => (text) => normalForm(text, "NFD"),
  NFKC: () => (text) => normalForm(text, "NFKC"),
  NFKD: () => (text) => normalForm(text, "NFKD"),
  Prepend: ({ prepend }) => (text) => (text ? prepend + text : text),
  Replace: ({ pattern, content }) => replacing(compiled(pattern), content),
  Strip: ({ strip_left, strip_right }) => (text) => strip(text, strip_left, strip_right),
  Precompiled: ({ precompiled_charsmap }) => {
    const map = new Charsmap(precompiled_charsmap);
    return (text) => map.normalize(text);
  },
};

/**
 * The function of a `normalizer`, or of none. Throws for one that is not known.
 * @param {any} config
 * @returns {Normalizer}
 */
export function normalizer(config) {
  if (config === null || config === undefined) return (text) => text;
  if (!Object.hasOwn(KINDS, config.type)) {
    throw new ModelError("unsupported", `tokenizer.json has a normalizer ${config.type}`);
  }
  return KINDS[config.type](config);
}

/**
 * @param {RegExp} pattern
 * @param {string} content
 * @returns {Normalizer}
 */
export const replacing = (pattern, content) => (text) => text.replace(pattern, () => content);

/**
 * @param {Normalizer[]} steps
 * @returns {Normalizer}
 */
const sequence = (steps) => (text) => steps.reduce((made, step) => step(made), text);

/**
 * @param {string} text
 * @param {boolean} left
 * @param {boolean} right
 */
function strip(text, left, right) {
  const kept = right ? text.slice(0, whiteAtEnd(text)) : text;
  return left ? kept.slice(whiteAtStart(kept)) : kept;
}

/**
 * @param {any} config
 * @returns {Normalizer}
 */
function bert(config) {
  const accents = config.strip_accents ?? config.lowercase;
  /** @type {Normalizer[]} */
  const steps = [];
  if (config.clean_text) steps.push(clean);
  if (config.handle_chinese_chars) steps.push(spaced);
  if (accents) steps.push((text) => without(normalForm(text, "NFD"), NONSPACING));
  if (config.lowercase) steps.push(lowercase);
  return sequence(steps);
}

/** @param {string} text */
function clean(text) {
  let made = "";
  for (const character of text) {
    const code = codeOf(character);
    if (!CONTROL.has(code)) made += WHITE.has(code) ? " " : character;
  }
  return made;
}

/** @param {string} text */
function spaced(text) {
  let made = "";
  for (const character of text) made += isChinese(codeOf(character)) ? ` ${character} ` : character;
  return made;
}

/** @param {number} code */
const isChinese = (code) => code >= 0x3400 && CHINESE.some(([first, last]) => code >= first && code <= last);
