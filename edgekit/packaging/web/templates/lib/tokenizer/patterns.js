// Patterns of a tokenizer.json as JavaScript's: plain strings, and what its regular expressions use of Oniguruma.

import { ModelError } from "../errors.js";
import { ONIGURUMA_WORD, ONIGURUMA_WORD_IN_CLASS, WHITE, category } from "./unicode.js";

const LONG_NAMES = new Map([
  ["Letter", "L"],
  ["Number", "N"],
]);
const GENERAL_CATEGORY = /^(C[cfnos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;
// letters outside ASCII whose other case lies in it
const ALSO_FOLDED = new Map([
  ["s", "\u017f"],
  ["k", "\u212a"],
]);
const CONTROLS = new Map(Object.entries({ n: "\\n", r: "\\r", t: "\\t", f: "\\f", v: "\\v" }));

/**
 * A global regular expression for a `pattern` of a tokenizer.json. Throws for what cannot be translated faithfully.
 * @param {any} pattern
 * @returns {RegExp}
 */
export function compiled(pattern) {
  if (typeof pattern?.String === "string" && pattern.String) return new RegExp(escaped(pattern.String), "gu");
  if (typeof pattern?.Regex === "string") return new RegExp(new Translation(pattern.Regex).source(), "gu");
  throw new ModelError("unsupported", `tokenizer.json has a pattern that is not known: ${JSON.stringify(pattern)}`);
}

/**
 * A text as a regular expression that matches it.
 * @param {string} text
 */
export const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Reads an expression from left to right and writes it again; what it does not know it refuses. */
class Translation {
  /** @param {string} pattern */
  constructor(pattern) {
    this.pattern = pattern;
    this.place = 0;
    /** @type {boolean[]} whether each open group, the whole first, ignores case */
    this.folding = [false];
  }

  source() {
    let made = "";
    while (this.place < this.pattern.length) made += this.next();
    return made;
  }

  /** @private */
  next() {
    const rest = this.pattern.slice(this.place);
    const group = /^\((\?i:|\?:|\?=|\?!|\?<=|\?<!|(?!\?))/.exec(rest);
    if (group) return this.opened(group[0]);
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest);
    if (quantifier) return this.quantified(quantifier[0], rest);
    const character = /** @type {string} */ (String.fromCodePoint(/** @type {number} */ (rest.codePointAt(0))));
    if (character === "[") return this.characterClass();
    if (character === "\\") return this.escape(false);
    this.place += character.length;
    if (character === "(") return this.refuse(rest.slice(0, 4));
    if (character === ")") this.folding.pop();
    // the ends of a text are the ends of a line to Oniguruma; these expressions end no match in the middle of one
    if (character === "^" || character === "$") return this.refuse(character);
    if (character === ".") return "[^\\n]";
    if (character === ")" || character === "|") return character;
    return this.folded(character) ?? escaped(character);
  }

  /**
   * @private
   * @param {string} head
   */
  opened(head) {
    this.place += head.length;
    this.folding.push(head === "(?i:" || this.ignoresCase());
    return head === "(?i:" ? "(?:" : head;
  }

  /**
   * @private
   * @param {string} quantifier
   * @param {string} rest
   */
  quantified(quantifier, rest) {
    this.place += quantifier.length;
    if ("+*?{".includes(rest[quantifier.length] || " ")) this.refuse(rest.slice(0, quantifier.length + 1));
    return quantifier;
  }

  /** @private */
  characterClass() {
    let made = "[";
    this.place++;
    if (this.pattern[this.place] === "^") {
      made += "^";
      this.place++;
    }
    while (this.pattern[this.place] !== "]") {
      if (this.place >= this.pattern.length) this.refuse("an open [");
      if (this.pattern[this.place] === "[" || this.pattern.startsWith("&&", this.place)) this.refuse("a set in a set");
      made += this.pattern[this.place] === "\\" ? this.escape(true) : this.member();
    }
    this.place++;
    return made + "]";
  }

  /** @private */
  member() {
    const character = String.fromCodePoint(/** @type {number} */ (this.pattern.codePointAt(this.place)));
    this.place += character.length;
    if (character === "-") return "-";
    return this.folded(character)?.slice(1, -1) ?? escaped(character);
  }

  /**
   * @private
   * @param {boolean} inside of a character class
   */
  escape(inside) {
    const rest = this.pattern.slice(this.place);
    const property = /^\\([pP])\{(\^?)(\w+)\}/.exec(rest);
    if (property) return this.property(property[0], (property[1] === "P") !== (property[2] === "^"), property[3], inside);
    const code = /^\\(?:x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(rest);
    const letter = rest[1] ?? "";
    this.place += code ? code[0].length : 2;
    if (code) return `\\u{${code[1] ?? code[2] ?? code[3]}}`;
    if (letter === "s" || letter === "S") return this.set(WHITE.source, letter === "S", inside);
    if (letter === "w" || letter === "W") {
      return this.set((inside ? ONIGURUMA_WORD_IN_CLASS : ONIGURUMA_WORD).source, letter === "W", inside);
    }
    if (letter === "d" || letter === "D") return this.set(category("Nd").source, letter === "D", inside);
    if (CONTROLS.has(letter)) return /** @type {string} */ (CONTROLS.get(letter));
    if (/[\w\s]/.test(letter) || !letter) this.refuse(`\\${letter}`);
    return letter === "-" ? "\\-" : escaped(letter);
  }

  /**
   * @private
   * @param {string} written
   * @param {boolean} negated
   * @param {string} name
   * @param {boolean} inside
   */
  property(written, negated, name, inside) {
    this.place += written.length;
    const short = LONG_NAMES.get(name) ?? name;
    if (!GENERAL_CATEGORY.test(short)) this.refuse(written);
    return this.set(category(short).source, negated, inside);
  }

  /**
   * @private
   * @param {string} ranges
   * @param {boolean} negated
   * @param {boolean} inside
   */
  set(ranges, negated, inside) {
    if (!inside) return `[${negated ? "^" : ""}${ranges}]`;
    return negated ? complement(ranges) : ranges;
  }

  /**
   * @private
   * @param {string} character
   */
  folded(character) {
    if (!this.ignoresCase()) return null;
    if (!/^[\x00-\x7f]$/.test(character)) this.refuse(`(?i:...) around ${character}`);
    const lower = character.toLowerCase();
    return /[a-z]/.test(lower) ? `[${lower}${lower.toUpperCase()}${ALSO_FOLDED.get(lower) ?? ""}]` : null;
  }

  /** @private */
  ignoresCase() {
    return this.folding[this.folding.length - 1] ?? false;
  }

  /**
   * @private
   * @param {string} what
   * @returns {never}
   */
  refuse(what) {
    throw new ModelError("unsupported", `tokenizer.json has a regular expression with ${what}: ${this.pattern}`);
  }
}

/**
 * The ranges of all other characters.
 * @param {string} ranges
 */
function complement(ranges) {
  const bounds = [...ranges.matchAll(/\{([0-9a-f]+)\}/g)].map((found) => parseInt(found[1], 16));
  let made = "";
  let next = 0;
  for (let place = 0; place < bounds.length; place += 2) {
    if (bounds[place] > next) made += `\\u{${next.toString(16)}}-\\u{${(bounds[place] - 1).toString(16)}}`;
    next = bounds[place + 1] + 1;
  }
  return `${made}\\u{${next.toString(16)}}-\\u{10ffff}`;
}
