// UTF-8 by the platform, or where it offers none (Hermes before React Native 0.85, Jest with jsdom) by our own code.

import { ModelError } from "./errors.js";

const UNKNOWN = 0xfffd;
const BOM = "\ufeff";
// so many UTF-16 units become a string at once: more would be too many arguments for some engines
const CHUNK = 4096;
// a mark of byte order, cut off, a surrogate, overlong, beyond the last character, cut off at the end
const SAMPLE = [
  0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x41, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xf0, 0x9f, 0x94, 0xa5, 0xe2, 0x82,
];
const SAMPLE_TEXT = "\ufeff\ufffdA\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\u{1f525}\ufffd";

/** @type {{ encode(text: string): Uint8Array, decode(bytes: Uint8Array): string, decodeStrictly(bytes: Uint8Array): string } | undefined} */
let chosen;

/**
 * The bytes of a text; half a surrogate pair becomes U+FFFD.
 * @param {string} text
 */
export const encodeUtf8 = (text) => codec().encode(text);

/**
 * The text of bytes. What is no UTF-8 becomes U+FFFD as the Encoding Standard has it; a mark of byte order stays.
 * @param {Uint8Array} bytes
 */
export const decodeUtf8 = (bytes) => codec().decode(bytes);

/**
 * The text of bytes, without a mark of byte order. Throws a `ModelError` for what is no UTF-8.
 * @param {Uint8Array} bytes
 */
export function decodeUtf8Strictly(bytes) {
  try {
    return codec().decodeStrictly(bytes);
  } catch {
    throw new ModelError("invalid", "it is no UTF-8");
  }
}

/** The platform's codec, found when it is first needed: by then an app has loaded what it loads. */
function codec() {
  chosen ??= platformCodec() ?? own;
  return chosen;
}

/** Null where the platform has none, or one of those that apps bring along and that take malformed bytes otherwise. */
function platformCodec() {
  try {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const strict = new TextDecoder("utf-8", { fatal: true });
    const bytes = Uint8Array.from(SAMPLE);
    const encodes = encoder.encode("\ud83dA") instanceof Uint8Array && encoder.encode("\ud83dA").join() === "239,191,189,65";
    if (!encodes || decoder.decode(bytes) !== SAMPLE_TEXT || strict.decode(bytes.subarray(0, 3)) !== "") return null;
    for (const end of [6, 9, 11, 15]) if (!throws(() => strict.decode(bytes.subarray(end - 2, end)))) return null;
    return {
      encode: (/** @type {string} */ text) => encoder.encode(text),
      decode: (/** @type {Uint8Array} */ each) => decoder.decode(each),
      decodeStrictly: (/** @type {Uint8Array} */ each) => strict.decode(each),
    };
  } catch {
    return null;
  }
}

/** @param {() => void} task */
function throws(task) {
  try {
    task();
    return false;
  } catch {
    return true;
  }
}

/** Our own codec, the same in every engine. */
export const own = {
  /** @param {string} text */
  encode(text) {
    // three bytes for each unit are the most: a pair of two has four
    const bytes = new Uint8Array(3 * text.length);
    let end = 0;
    for (let place = 0; place < text.length; place++) {
      let code = text.charCodeAt(place);
      if (code < 0x80) {
        bytes[end++] = code;
        continue;
      }
      if (code >= 0xd800 && code < 0xe000) {
        const next = code < 0xdc00 && place + 1 < text.length ? text.charCodeAt(place + 1) : 0;
        if (next >= 0xdc00 && next < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
          place++;
        } else {
          code = UNKNOWN;
        }
      }
      end = write(bytes, end, code);
    }
    return bytes.slice(0, end);
  },

  /** @param {Uint8Array} bytes */
  decode(bytes) {
    return decoded(bytes, () => UNKNOWN);
  },

  /** @param {Uint8Array} bytes */
  decodeStrictly(bytes) {
    const text = decoded(bytes, (place) => {
      throw new RangeError(`byte ${place} is no UTF-8`);
    });
    return text.startsWith(BOM) ? text.slice(1) : text;
  },
};

/**
 * Write a character of two bytes or more.
 * @param {Uint8Array} bytes
 * @param {number} end
 * @param {number} code
 */
function write(bytes, end, code) {
  const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  bytes[end] = ((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more));
  for (let place = 1; place <= more; place++) bytes[end + place] = 0x80 | ((code >> (6 * (more - place))) & 0x3f);
  return end + more + 1;
}

/**
 * The decoder of the Encoding Standard: a malformed sequence ends before the first byte that cannot continue it.
 * @param {Uint8Array} bytes
 * @param {(place: number) => number} onFault gives the character to take instead
 */
function decoded(bytes, onFault) {
  let made = "";
  /** @type {number[]} */
  let units = [];
  for (let place = 0; place < bytes.length; ) {
    let code = bytes[place++];
    if (code >= 0x80) {
      const start = place - 1;
      const more = code < 0xc2 || code > 0xf4 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
      let rest = more;
      // the first byte behind some narrows down what may follow: no overlong forms, surrogates, or characters beyond the last
      let low = code === 0xe0 ? 0xa0 : code === 0xf0 ? 0x90 : 0x80;
      let high = code === 0xed ? 0x9f : code === 0xf4 ? 0x8f : 0xbf;
      code &= 0x3f >> more;
      for (; rest && bytes[place] >= low && bytes[place] <= high; rest--) {
        code = (code << 6) | (bytes[place++] & 0x3f);
        low = 0x80;
        high = 0xbf;
      }
      if (!more || rest) code = onFault(start);
    }
    if (code < 0x10000) units.push(code);
    else units.push(0xd7c0 + (code >> 10), 0xdc00 | (code & 0x3ff));
    if (units.length >= CHUNK) {
      made += String.fromCharCode(...units);
      units = [];
    }
  }
  return made + String.fromCharCode(...units);
}
