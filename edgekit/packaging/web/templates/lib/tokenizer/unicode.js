// Classes of characters as the tokenizers' own library sees them, whatever Unicode version the browser has.

import * as tables from "./unicode_tables.js";

/** Characters, as the sorted bounds of ranges: at even places the first that is in, at odd ones the first behind. */
export class CharacterClass {
  /** @param {Uint32Array} bounds */
  constructor(bounds) {
    this.bounds = bounds;
    this.ascii = Array.from({ length: 128 }, (_, code) => this.search(code));
  }

  /**
   * @param {string} encoded numbers in base 36: how many characters are out, how many in, and so on
   */
  static of(encoded) {
    let end = 0;
    return new CharacterClass(Uint32Array.from(encoded.split(" "), (number) => (end += parseInt(number, 36))));
  }

  /**
   * This class with the characters of some ranges in where they are out, and out where they are in.
   * @param {number[]} ranges bounds as those of a class
   */
  toggled(ranges) {
    return new CharacterClass(Uint32Array.from(toggledOnce([...this.bounds, ...ranges])));
  }

  /** @param {number} code */
  has(code) {
    return code < 128 ? this.ascii[code] : this.search(code);
  }

  /**
   * @private
   * @param {number} code
   */
  search(code) {
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bounds[middle] <= code) low = middle + 1;
      else high = middle;
    }
    return low % 2 === 1;
  }

  /** The ranges as the inside of a character class of a regular expression with the flag `u`. */
  get source() {
    let text = "";
    for (let place = 0; place < this.bounds.length; place += 2) {
      text += `\\u{${this.bounds[place].toString(16)}}-\\u{${(this.bounds[place + 1] - 1).toString(16)}}`;
    }
    return text;
  }
}

export const WHITE = CharacterClass.of(tables.WHITE);
export const PUNCTUATION = CharacterClass.of(tables.PUNCTUATION);
export const CONTROL = CharacterClass.of(tables.CONTROL);
export const MARK = CharacterClass.of(tables.MARK);
export const NONSPACING = CharacterClass.of(tables.NONSPACING);
export const NUMERIC = CharacterClass.of(tables.NUMERIC);
export const WORD = CharacterClass.of(tables.WORD);
// to Oniguruma joiners are out, and superscript digits and fractions in, but not in a class in brackets
export const ONIGURUMA_WORD = WORD.toggled([0xb2, 0xb4, 0xb9, 0xba, 0xbc, 0xbf, 0x200c, 0x200e]);
export const ONIGURUMA_WORD_IN_CLASS = WORD.toggled([0x200c, 0x200e]);
export const EXTENDING = CharacterClass.of(tables.EXTENDING);
export const PREPENDED = CharacterClass.of(tables.PREPENDED);
export const BREAKING = CharacterClass.of(tables.BREAKING);
const NOT_NORMALIZED = CharacterClass.of(tables.NOT_NORMALIZED);

/** @type {Map<string, number[]> | undefined} bounds of each general category, made when the first is asked for */
let categories;

/**
 * A general category of Oniguruma's Unicode, such as Lu, or all that begin with a letter, such as L. Not by `\p{..}` of
 * the engine: Hermes has none, and others have it of their own Unicode.
 * @param {string} name
 */
export function category(name) {
  categories ??= boundsByCategory();
  const bounds = [...categories].filter(([each]) => each.startsWith(name)).flatMap(([, each]) => each);
  return new CharacterClass(Uint32Array.from(toggledOnce(bounds)));
}

function boundsByCategory() {
  /** @type {Map<string, number[]>} */
  const found = new Map(tables.CATEGORY_NAMES.split(" ").map((name) => [name, []]));
  const names = [...found.keys()];
  let end = 0;
  for (const [, letter, length] of tables.CATEGORIES.matchAll(/([A-Z!#$])([0-9a-z]*)/g)) {
    const bounds = /** @type {number[]} */ (found.get(names["ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$".indexOf(letter)]));
    bounds.push(end, (end += length ? parseInt(length, 36) : 1));
  }
  return found;
}

/**
 * Bounds in order, but for those at one place, which undo each other.
 * @param {number[]} bounds
 */
function toggledOnce(bounds) {
  const all = [...bounds].sort((one, other) => one - other);
  return all.filter((bound, at) => bound !== all[at - 1] && bound !== all[at + 1]);
}

/**
 * The code point of a character.
 * @param {string} character
 */
export const codeOf = (character) => /** @type {number} */ (character.codePointAt(0));

/**
 * A text without the characters of a class.
 * @param {string} text
 * @param {CharacterClass} unwanted
 */
export function without(text, unwanted) {
  let kept = "";
  for (const character of text) if (!unwanted.has(codeOf(character))) kept += character;
  return kept;
}

/**
 * A normal form, with the characters left alone that the library's older Unicode does not know.
 * @param {string} text
 * @param {"NFC" | "NFD" | "NFKC" | "NFKD"} form
 */
export function normalForm(text, form) {
  let made = "";
  let known = "";
  for (const character of text) {
    if (NOT_NORMALIZED.has(codeOf(character))) {
      made += known.normalize(form) + character;
      known = "";
    } else {
      known += character;
    }
  }
  return made + known.normalize(form);
}

// first, last, and how far off their lower case is: letters of Unicode 15 to 17, which not every browser knows yet
const NEWER_CASES = [
  [0x1c89, 0x1c89, 1], [0xa7cb, 0xa7cb, -42343], [0xa7cc, 0xa7cc, 1], [0xa7ce, 0xa7ce, 1], [0xa7d2, 0xa7d2, 1],
  [0xa7d4, 0xa7d4, 1], [0xa7da, 0xa7da, 1], [0xa7dc, 0xa7dc, -42561], [0x10d50, 0x10d65, 32], [0x16ea0, 0x16eb8, 27],
];

/**
 * Lower case character by character: a final sigma is one like any other.
 * @param {string} text
 */
export function lowercase(text) {
  let made = "";
  for (const character of text) made += newerCase(codeOf(character)) ?? character.toLowerCase();
  return made;
}

/** @param {number} code */
function newerCase(code) {
  if (code < NEWER_CASES[0][0]) return null;
  const found = NEWER_CASES.find(([first, last]) => code >= first && code <= last);
  return found ? String.fromCodePoint(code + found[2]) : null;
}

/**
 * How many UTF-16 units of white space a text begins with.
 * @param {string} text
 */
export function whiteAtStart(text) {
  let place = 0;
  // all white space lies in the first plane: one unit each
  while (place < text.length && WHITE.has(text.charCodeAt(place))) place++;
  return place;
}

/**
 * Where the white space at the end of a text begins.
 * @param {string} text
 */
export function whiteAtEnd(text) {
  let place = text.length;
  while (place > 0 && WHITE.has(text.charCodeAt(place - 1))) place--;
  return place;
}
