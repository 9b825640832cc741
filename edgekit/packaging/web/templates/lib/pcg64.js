// NumPy's default random numbers: PCG64 (O'Neill 2014) seeded by SeedSequence, so that a seed draws what Python draws.

const MASK = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4;

export class Pcg64 {
  /** @param {number} seed a whole number from 0 on */
  constructor(seed) {
    const [high, low, incrementHigh, incrementLow] = seeded(seed);
    this.increment = ((((incrementHigh << 64n) | incrementLow) << 1n) | 1n) & MASK;
    this.state = 0n;
    this.step();
    this.state = (this.state + ((high << 64n) | low)) & MASK;
    this.step();
  }

  /** A number in [0, 1) with 53 random bits. */
  next() {
    this.step();
    const word = (this.state >> 64n) ^ (this.state & 0xffffffffffffffffn);
    const turn = this.state >> 122n;
    const turned = BigInt.asUintN(64, (word >> turn) | (word << (64n - turn)));
    return Number(turned >> 11n) / 2 ** 53;
  }

  /** @private */
  step() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK;
  }
}

/**
 * Four words of 64 bits from a seed.
 * @param {number} seed
 */
function seeded(seed) {
  const pool = mixed(seed);
  let constant = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, place) => {
    const value = pool[place % POOL] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    return folded(Math.imul(value, constant));
  });
  return [0, 2, 4, 6].map((place) => BigInt(words[place]) | (BigInt(words[place + 1]) << 32n));
}

/**
 * The seed stirred into a pool of words of 32 bits.
 * @param {number} seed
 */
function mixed(seed) {
  let constant = 0x43b0d7e5;
  const hash = (/** @type {number} */ word) => {
    const value = word ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    return folded(Math.imul(value, constant));
  };
  const entropy = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  const pool = Array.from({ length: POOL }, (_, place) => hash(entropy[place] ?? 0));
  for (let source = 0; source < POOL; source++) {
    for (let place = 0; place < POOL; place++) {
      if (place === source) continue;
      const other = hash(pool[source]);
      pool[place] = folded(Math.imul(0xca01f9dd, pool[place]) - Math.imul(0x4973f715, other));
    }
  }
  return pool;
}

/** @param {number} word */
const folded = (word) => ((word >>> 0) ^ (word >>> 16)) >>> 0;
