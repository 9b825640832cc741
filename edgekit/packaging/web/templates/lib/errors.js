// The errors of this package: one class, with a code that says which kind, and advice where there is some.

/** @typedef {import("../index.d.ts").ErrorCode} ErrorCode */

// `import` and `require` each bring a class of their own, and an error of one is an error of the other
const MARK = Symbol.for("@@NAME@@.ModelError");

/** What this package throws on purpose. */
export class ModelError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {string} [advice]
   */
  constructor(code, message, advice) {
    super(advice ? `${message} (${advice})` : message);
    this.name = "ModelError";
    this.code = code;
  }

  /** @param {any} value */
  static [Symbol.hasInstance](value) {
    return this === ModelError ? Boolean(value?.[MARK]) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  get [MARK]() {
    return true;
  }
}
