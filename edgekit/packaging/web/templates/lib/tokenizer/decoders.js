// The decoders of a tokenizer.json as functions from tokens to tokens, which joined are the text.

import { ModelError } from "../errors.js";
import { encodeUtf8 } from "../utf8.js";
import { decodeBytes, utf8 } from "./byte_level.js";
import { replacing } from "./normalizers.js";
import { compiled } from "./patterns.js";

/** @typedef {(tokens: string[]) => string[]} Decoder */

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;

/** @type {Record<string, (config: any) => Decoder>} */
const KINDS = {
  ByteLevel: () => (tokens) => [decodeBytes(tokens)],
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: metaspace,
  Replace: ({ pattern, content }) => {
    const replace = replacing(compiled(pattern), content);
    return (tokens) => tokens.map(replace);
  },
  Sequence: (config) => {
    const steps = config.decoders.map(decoder);
    return (tokens) => steps.reduce((/** @type {string[]} */ made, /** @type {Decoder} */ step) => step(made), tokens);
  },
  Strip: ({ content, start, stop }) => (tokens) => tokens.map((token) => stripped(token, content, start, stop)),
  WordPiece: wordPiece,
};

/**
 * The function of a `decoder`; without one there are spaces between tokens. Throws for one that is not known.
 * @param {any} config
 * @returns {Decoder}
 */
export function decoder(config) {
  if (config === null || config === undefined) return (tokens) => [tokens.join(" ")];
  if (!Object.hasOwn(KINDS, config.type)) {
    throw new ModelError("unsupported", `tokenizer.json has a decoder ${config.type}`);
  }
  return KINDS[config.type](config);
}

/** @type {Decoder} */
function byteFallback(tokens) {
  /** @type {string[]} */
  const made = [];
  /** @type {number[]} */
  let bytes = [];
  const flush = () => {
    const text = utf8(bytes);
    // one wrong byte spoils the whole run
    if (bytes.length) made.push(isUtf8(bytes) ? text : "\ufffd".repeat(bytes.length));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE.exec(token);
    if (byte) bytes.push(parseInt(byte[1], 16));
    else {
      flush();
      made.push(token);
    }
  }
  flush();
  return made;
}

/** @param {number[]} bytes */
function isUtf8(bytes) {
  const again = encodeUtf8(utf8(bytes));
  return again.length === bytes.length && again.every((byte, place) => byte === bytes[place]);
}

/**
 * @param {any} config
 * @returns {Decoder}
 */
function metaspace(config) {
  const mark = config.replacement ?? "▁";
  const isPrepended = config.prepend_scheme ? config.prepend_scheme !== "never" : config.add_prefix_space !== false;
  return (tokens) => tokens.map((token, place) => (
    // the library drops every mark of the first token
    token.replaceAll(mark, place === 0 && isPrepended ? "" : " ")
  ));
}

/**
 * @param {string} token
 * @param {string} content
 * @param {number} start
 * @param {number} stop
 */
function stripped(token, content, start, stop) {
  const characters = [...token];
  let first = 0;
  while (first < start && characters[first] === content) first++;
  let last = characters.length;
  while (characters.length - last < stop && last > first && characters[last - 1] === content) last--;
  return characters.slice(first, last).join("");
}

/**
 * @param {any} config
 * @returns {Decoder}
 */
function wordPiece(config) {
  const prefix = config.prefix ?? "##";
  return (tokens) => tokens.map((token, place) => {
    if (place === 0) return config.cleanup ? tidied(token) : token;
    const joined = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    return config.cleanup ? tidied(joined) : joined;
  });
}

/** @param {string} text */
function tidied(text) {
  const pairs = [
    [" .", "."], [" ?", "?"], [" !", "!"], [" ,", ","], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"], [" do not", " don't"],
    [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"],
  ];
  return pairs.reduce((made, [from, to]) => made.replaceAll(from, to), text);
}
