// Base 64 (RFC 4648), which Hermes does not read before React Native 0.74.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * The bytes of a text, or null where it is no base 64.
 * @param {string} text
 * @returns {Uint8Array | null}
 */
export function decodeBase64(text) {
  const digits = text.replace(/={1,2}$/, "");
  if (text.length % 4 || digits.length % 4 === 1) return null;
  const values = new Int16Array(128).fill(-1);
  for (let value = 0; value < 64; value++) values[DIGITS.charCodeAt(value)] = value;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let end = 0;
  for (let place = 0; place < digits.length; place++) {
    const value = values[digits.charCodeAt(place)] ?? -1;
    if (value < 0) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[end++] = held >> bits;
    }
  }
  return bytes;
}
