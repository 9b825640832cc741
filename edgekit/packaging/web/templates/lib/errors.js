// The errors of this package: one class, with a code that says which kind, and advice where there is some.

/** @typedef {import("../index.d.ts").ErrorCode} ErrorCode */

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
}
