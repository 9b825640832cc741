// Text that grows token by token: whole characters only, and nothing that may be the beginning of a stop string.

// so many tokens are decoded again with each new one; more than any character or any word's leading space needs
const WINDOW = 16;
const UNKNOWN = "\ufffd";

/** Turns tokens into text as they come; all pieces together are the whole text. */
export class TextStream {
  /**
   * @param {(ids: number[]) => string} decode
   * @param {number[]} context the ids before the first new one, for what a decoder makes of a text's beginning
   */
  constructor(decode, context) {
    this.decode = decode;
    /** @type {number[]} */
    this.ids = [];
    this.given = 0;
    this.begin(context);
  }

  /**
   * The text that a further token completes; empty in the middle of a character.
   * @param {number} token
   */
  add(token) {
    this.ids.push(token);
    const text = this.decode(this.ids);
    // these may be the bytes of a character that is still to be completed
    const whole = text.replace(/\ufffd+$/, "");
    const piece = whole.slice(this.given);
    this.given = Math.max(this.given, whole.length);
    if (whole.length === text.length && this.ids.length > 2 * WINDOW) this.begin(this.ids);
    return piece;
  }

  /** What is left when no token follows: characters that were never completed, as U+FFFD. */
  end() {
    const rest = this.decode(this.ids).slice(this.given);
    this.given += rest.length;
    return rest;
  }

  /**
   * Keep as few of the newest ids as do not begin in the middle of a character.
   * @private
   * @param {number[]} ids
   */
  begin(ids) {
    for (let size = WINDOW; ; size *= 2) {
      this.ids = ids.slice(-size);
      const text = this.decode(this.ids);
      this.given = text.length;
      if (size >= ids.length || !text.includes(UNKNOWN)) return;
    }
  }
}

/** Looks for stop strings in text that comes in pieces, and holds back what may be the beginning of one. */
export class StopWatch {
  /** @param {readonly string[]} stops */
  constructor(stops) {
    this.stops = stops.filter(Boolean);
    this.held = "";
    this.stopped = false;
  }

  /**
   * The text that is safe to show; after a stop string, which is left out, `stopped` is true.
   * @param {string} piece
   */
  add(piece) {
    const text = this.held + piece;
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    if (found.length) {
      this.stopped = true;
      this.held = "";
      return text.slice(0, Math.min(...found));
    }
    const keep = this.stops.reduce((most, stop) => Math.max(most, overlap(text, stop)), 0);
    this.held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** What was held back when no text follows. */
  end() {
    const rest = this.held;
    this.held = "";
    return rest;
  }
}

/**
 * How many characters at the end of a text are the beginning of a stop string, short of all of it.
 * @param {string} text
 * @param {string} stop
 */
function overlap(text, stop) {
  let size = Math.min(text.length, stop.length - 1);
  while (size > 0 && !text.endsWith(stop.slice(0, size))) size--;
  return size;
}
