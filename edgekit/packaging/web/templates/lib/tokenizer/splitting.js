// Cutting a text where a pattern matches: what becomes of the matches is told by a behaviour.

import { ModelError } from "../errors.js";
import { codeOf } from "./unicode.js";

/** @typedef {{ start: number, end: number, matched: boolean }} Span */

export const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

/**
 * The name of a behaviour as tokenizer.json writes it. Throws for one that is not known.
 * @param {any} name
 */
export function behavior(name) {
  if (!BEHAVIORS.includes(name)) throw new ModelError("unsupported", `tokenizer.json has a behavior ${name}`);
  return /** @type {string} */ (name);
}

/**
 * All of a text as spans that match and spans that do not.
 * @param {string} text
 * @param {RegExp} pattern global
 * @returns {Span[]}
 */
export function spansOf(text, pattern) {
  const spans = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    const start = /** @type {number} */ (found.index);
    if (!found[0]) continue;
    if (start > end) spans.push({ start: end, end: start, matched: false });
    end = start + found[0].length;
    spans.push({ start, end, matched: true });
  }
  if (end < text.length) spans.push({ start: end, end: text.length, matched: false });
  return spans;
}

/**
 * As `spansOf`, for a class of characters, each of which is a match of its own.
 * @param {string} text
 * @param {import("./unicode.js").CharacterClass} wanted
 * @returns {Span[]}
 */
export function spansOfClass(text, wanted) {
  const spans = [];
  let start = 0;
  let place = 0;
  for (const character of text) {
    const end = place + character.length;
    if (wanted.has(codeOf(character))) {
      if (place > start) spans.push({ start, end: place, matched: false });
      spans.push({ start: place, end, matched: true });
      start = end;
    }
    place = end;
  }
  if (start < text.length) spans.push({ start, end: text.length, matched: false });
  return spans;
}

/**
 * The pieces of a text.
 * @param {string} text
 * @param {Span[]} spans
 * @param {string} how
 * @returns {string[]}
 */
export function cut(text, spans, how) {
  return merged(spans, how).map(({ start, end }) => text.slice(start, end));
}

/**
 * @param {Span[]} spans
 * @param {string} how
 * @returns {Span[]}
 */
function merged(spans, how) {
  if (how === "Isolated") return spans;
  if (how === "Removed") return spans.filter((span) => !span.matched);
  if (how === "MergedWithNext") return withNext(spans);
  /** @type {Span[]} */
  const made = [];
  let before = false;
  for (const span of spans) {
    const joins = how === "Contiguous" ? span.matched === before : span.matched && !before;
    const last = made[made.length - 1];
    if (joins && last) last.end = span.end;
    else made.push({ ...span });
    before = span.matched;
  }
  return made;
}

/**
 * @param {Span[]} spans
 * @returns {Span[]}
 */
function withNext(spans) {
  /** @type {Span[]} */
  const made = [];
  let behind = false;
  for (const span of [...spans].reverse()) {
    const next = made[made.length - 1];
    if (span.matched && !behind && next) next.start = span.start;
    else made.push({ ...span });
    behind = span.matched;
  }
  return made.reverse();
}
