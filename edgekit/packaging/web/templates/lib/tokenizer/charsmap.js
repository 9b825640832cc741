// A sentencepiece `precompiled_charsmap`: a double array of byte strings, and what each becomes.

import { decodeBase64 } from "../base64.js";
import { ModelError } from "../errors.js";
import { decodeUtf8, encodeUtf8 } from "../utf8.js";
import { graphemes } from "./graphemes.js";

// longer clusters are looked up character by character
const LONGEST = 6;

export class Charsmap {
  /** @param {string} encoded base 64: the size of the array in bytes, the array, then texts that end with a zero */
  constructor(encoded) {
    const bytes = decodeBase64(encoded) ?? new Uint8Array();
    const view = new DataView(bytes.buffer);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : 0;
    if (!size || size % 4 || size + 4 > bytes.length) {
      throw new ModelError("invalid", "tokenizer.json has a precompiled_charsmap that cannot be read");
    }
    this.units = Uint32Array.from({ length: size / 4 }, (_, place) => view.getUint32(4 + 4 * place, true));
    this.texts = bytes.subarray(4 + size);
  }

  /** @param {string} text */
  normalize(text) {
    let made = "";
    for (const cluster of graphemes(text)) {
      const whole = encodeUtf8(cluster.join(""));
      const found = whole.length < LONGEST ? this.find(whole) : null;
      if (found !== null) made += found;
      else for (const character of cluster) made += this.find(encodeUtf8(character)) ?? character;
    }
    return made;
  }

  /**
   * What the shortest entry that the bytes begin with becomes, as the library does it.
   * @private
   * @param {Uint8Array} key
   */
  find(key) {
    let node = offset(this.units[0]);
    for (const byte of key) {
      if (byte === 0) return null;
      node ^= byte;
      const unit = this.units[node];
      // a unit's label is its byte; a value has its highest bit set, which no label has
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return null;
      node ^= offset(unit);
      if ((unit >>> 8) & 1) return this.text(this.units[node] & 0x7fffffff);
    }
    return null;
  }

  /**
   * @private
   * @param {number} start
   */
  text(start) {
    const end = this.texts.indexOf(0, start);
    return decodeUtf8(this.texts.subarray(start, end < 0 ? undefined : end));
  }
}

/** @param {number} unit */
const offset = (unit) => (unit >>> 10) << ((unit & 0x200) >>> 6);
