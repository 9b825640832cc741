// Bytes written as characters, one for each, as GPT-2 does it; and back.

import { decodeUtf8, encodeUtf8 } from "../utf8.js";

const CHARACTERS = table();
const BYTES = new Map(CHARACTERS.map((character, byte) => [character, byte]));

/** Printable bytes stand for themselves, the others for the characters from U+0100 on. */
function table() {
  const isPrintable = (/** @type {number} */ byte) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}

/** @param {string} text */
export function encodeBytes(text) {
  let made = "";
  for (const byte of encodeUtf8(text)) made += CHARACTERS[byte];
  return made;
}

/**
 * The text of tokens; one with a character that is no byte stands for itself. Bytes that are no UTF-8 become U+FFFD.
 * @param {string[]} tokens
 */
export function decodeBytes(tokens) {
  return utf8(tokens.flatMap((token) => bytesOf(token)));
}

/** @param {string} token */
function bytesOf(token) {
  const bytes = [...token].map((character) => BYTES.get(character));
  return bytes.includes(undefined) ? [...encodeUtf8(token)] : /** @type {number[]} */ (bytes);
}

/** @param {number[]} bytes */
export const utf8 = (bytes) => decodeUtf8(Uint8Array.from(bytes));
