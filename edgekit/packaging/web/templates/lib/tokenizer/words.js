// The models that look words up: WordPiece, by its longest beginnings, and WordLevel, as a whole.

import { ModelError } from "../errors.js";

/** @typedef {(piece: string) => number[]} Model */

/**
 * Greedy longest match from the left (Devlin et al. 2019); a word with a part that is unknown is unknown.
 * @param {any} config
 * @returns {Model}
 */
export function wordPiece(config) {
  const ids = vocabulary(config);
  const prefix = config.continuing_subword_prefix ?? "##";
  const longest = config.max_input_chars_per_word ?? 100;
  const unknown = idOf(ids, config.unk_token ?? "[UNK]");
  return (word) => {
    const characters = [...word];
    if (characters.length > longest) return [unknown()];
    const found = [];
    for (let start = 0; start < characters.length; ) {
      const next = longestAt(ids, characters, start, start ? prefix : "");
      if (!next) return [unknown()];
      found.push(next.id);
      start = next.end;
    }
    return found;
  };
}

/**
 * @param {any} config
 * @returns {Model}
 */
export function wordLevel(config) {
  const ids = vocabulary(config);
  const unknown = idOf(ids, config.unk_token ?? "<unk>");
  return (word) => [ids.get(word) ?? unknown()];
}

/**
 * The vocabulary of a model as a map.
 * @param {any} config
 * @returns {Map<string, number>}
 */
export const vocabulary = (config) => new Map(Object.entries(config.vocab));

/**
 * @param {Map<string, number>} ids
 * @param {string[]} characters
 * @param {number} start
 * @param {string} prefix
 */
function longestAt(ids, characters, start, prefix) {
  for (let end = characters.length; end > start; end--) {
    const id = ids.get(prefix + characters.slice(start, end).join(""));
    if (id !== undefined) return { id, end };
  }
  return null;
}

/**
 * A token's id when it is asked for: a vocabulary may well go without.
 * @param {Map<string, number>} ids
 * @param {string} token
 */
function idOf(ids, token) {
  return () => {
    const id = ids.get(token);
    if (id === undefined) throw new ModelError("invalid", `the vocabulary has no ${token} for an unknown word`);
    return id;
  };
}
