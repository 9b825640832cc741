// SHA-256 by the platform, or where it offers none (React Native, a page that is not secure) by our own (FIPS 180-4).

const ROOTS = constants();

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<string>} in hexadecimal digits
 */
export async function sha256(bytes) {
  const subtle = globalThis.crypto?.subtle;
  const digest = subtle ? new Uint8Array(await subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes))) : own(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function own(bytes) {
  const state = Uint32Array.from(ROOTS.initial);
  const whole = bytes.length - (bytes.length % 64);
  for (let start = 0; start < whole; start += 64) mix(state, bytes, start);
  const end = padded(bytes.subarray(whole), bytes.length);
  for (let start = 0; start < end.length; start += 64) mix(state, end, start);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, place) => digest.setUint32(4 * place, word));
  return new Uint8Array(digest.buffer);
}

/**
 * The last bytes with a one behind them, zeros, and the length in bits.
 * @param {Uint8Array} rest
 * @param {number} length
 */
function padded(rest, length) {
  const made = new Uint8Array(rest.length < 56 ? 64 : 128);
  made.set(rest);
  made[rest.length] = 0x80;
  const view = new DataView(made.buffer);
  view.setUint32(made.length - 8, Math.floor(length / 0x20000000));
  view.setUint32(made.length - 4, length << 3);
  return made;
}

const words = new Int32Array(64);

/**
 * Takes a block of 64 bytes in. Written out, as an engine without a compiler (Hermes) pays for every call and every array.
 * @param {Uint32Array} state
 * @param {Uint8Array} bytes
 * @param {number} start
 */
function mix(state, bytes, start) {
  for (let place = 0, at = start; place < 16; place++, at += 4) {
    words[place] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let place = 16; place < 64; place++) {
    const early = words[place - 15];
    const late = words[place - 2];
    const one = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const two = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    words[place] = (words[place - 16] + one + words[place - 7] + two) | 0;
  }
  const { rounds } = ROOTS;
  let a = state[0] | 0;
  let b = state[1] | 0;
  let c = state[2] | 0;
  let d = state[3] | 0;
  let e = state[4] | 0;
  let f = state[5] | 0;
  let g = state[6] | 0;
  let h = state[7] | 0;
  for (let place = 0; place < 64; place++) {
    const one = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (one + (g ^ (e & (f ^ g))) + h + rounds[place] + words[place]) | 0;
    const two = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (two + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** The first 32 bits of the fractions of square and cube roots of the first primes. */
function constants() {
  const fraction = (/** @type {number} */ root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  /** @type {number[]} */
  const primes = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  return {
    initial: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  };
}
