// Grapheme clusters (Unicode Standard Annex 29), as far as short ones go: sentencepiece's normalizer looks at them whole.

import { BREAKING, EXTENDING, PREPENDED, codeOf } from "./unicode.js";

/**
 * The clusters of a text. Pairs of flags and joined emoji are left apart: they are longer than whoever asks looks at.
 * @param {string} text
 * @returns {string[][]} characters of each
 */
export function graphemes(text) {
  /** @type {string[][]} */
  const clusters = [];
  let before = "";
  for (const character of text) {
    if (before && continues(before, character)) clusters[clusters.length - 1].push(character);
    else clusters.push([character]);
    before = character;
  }
  return clusters;
}

/**
 * Whether no cluster ends between two characters.
 * @param {string} before
 * @param {string} character
 */
function continues(before, character) {
  const left = codeOf(before);
  const right = codeOf(character);
  if (left === 0x0d && right === 0x0a) return true;
  if (BREAKING.has(left) || BREAKING.has(right)) return false;
  return EXTENDING.has(right) || PREPENDED.has(left) || isSyllable(jamo(left), jamo(right));
}

/**
 * What a code point is in Hangul: L, V and T are parts of a syllable, LV and LVT whole ones.
 * @param {number} code
 */
function jamo(code) {
  if ((code >= 0x1100 && code <= 0x115f) || (code >= 0xa960 && code <= 0xa97c)) return "L";
  if ((code >= 0x1160 && code <= 0x11a7) || (code >= 0xd7b0 && code <= 0xd7c6)) return "V";
  if ((code >= 0x11a8 && code <= 0x11ff) || (code >= 0xd7cb && code <= 0xd7fb)) return "T";
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28 ? "LVT" : "LV";
  return "";
}

/**
 * @param {string} left
 * @param {string} right
 */
function isSyllable(left, right) {
  if (left === "L") return right !== "" && right !== "T";
  if (left === "LV" || left === "V") return right === "V" || right === "T";
  return (left === "LVT" || left === "T") && right === "T";
}
