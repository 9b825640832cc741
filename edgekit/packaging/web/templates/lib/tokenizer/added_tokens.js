// The added tokens of a tokenizer.json: strings that are found in a text before anything else is done to it.

import { escaped } from "./patterns.js";
import { WORD, codeOf, whiteAtEnd, whiteAtStart } from "./unicode.js";

/**
 * @typedef {{ id: number, content: string, single_word: boolean, lstrip: boolean, rstrip: boolean,
 *   normalized: boolean, special: boolean }} AddedToken
 * @typedef {{ text: string, id: number | null }} Section a part of a text; with an id, an added token
 */

/** Finds some of the added tokens; where several begin the longest counts. */
export class Finder {
  /**
   * @param {AddedToken[]} tokens
   * @param {(text: string) => string} normalize what was done to the texts that are searched
   */
  constructor(tokens, normalize) {
    /** @type {Map<string, AddedToken>} */
    this.tokens = new Map();
    for (const token of tokens) {
      const content = normalize(token.content);
      if (content && !this.tokens.has(content)) this.tokens.set(content, token);
    }
    const longestFirst = [...this.tokens.keys()].sort((one, other) => other.length - one.length);
    this.pattern = longestFirst.length ? new RegExp(longestFirst.map(escaped).join("|"), "gu") : null;
  }

  /**
   * @param {string} text
   * @returns {Section[]}
   */
  sections(text) {
    if (!this.pattern) return text ? [{ text, id: null }] : [];
    const sections = [];
    let done = 0;
    for (const found of text.matchAll(this.pattern)) {
      const token = /** @type {AddedToken} */ (this.tokens.get(found[0]));
      let start = /** @type {number} */ (found.index);
      let end = start + found[0].length;
      if (token.single_word && touchesWord(text, start, end)) continue;
      // white space that the token before has taken is not there to be taken again
      if (token.lstrip) start = Math.max(whiteAtEnd(text.slice(0, start)), done);
      if (token.rstrip) end += whiteAtStart(text.slice(end));
      if (start > done) sections.push({ text: text.slice(done, start), id: null });
      sections.push({ text: text.slice(start, end), id: token.id });
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), id: null });
    return sections;
  }
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function touchesWord(text, start, end) {
  const before = [...text.slice(Math.max(0, start - 2), start)].pop();
  return (before !== undefined && WORD.has(codeOf(before))) || (end < text.length && WORD.has(text.codePointAt(end) ?? 0));
}
