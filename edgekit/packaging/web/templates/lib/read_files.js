// A bundle's files as bytes from a function that reads them, each checked against its hash in the manifest.

import { ModelError } from "./errors.js";
import { sha256 as hashOf } from "./sha256.js";
import { decodeUtf8Strictly } from "./utf8.js";

export class ReadFiles {
  /** @param {import("../index.d.ts").ReadFile} read */
  constructor(read) {
    this.read = read;
  }

  /**
   * The text of a file.
   * @param {string} name
   * @param {string | null} sha256 as the manifest has it; of the manifest itself nobody knows one
   */
  async text(name, sha256) {
    const bytes = await this.model(name, sha256);
    try {
      return decodeUtf8Strictly(bytes);
    } catch (error) {
      throw new ModelError("invalid", `${name} cannot be read: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * The bytes of a file.
   * @param {string} name
   * @param {string | null} sha256
   */
  async model(name, sha256) {
    const bytes = await this.read(name);
    if (!areBytes(bytes)) {
      throw new ModelError("invalid", `${name} cannot be read: the function that reads it must give its bytes, not ${typeof bytes}`);
    }
    const found = sha256 === null ? null : await hashOf(bytes);
    if (found !== sha256) {
      throw new ModelError(
        "tampered", `${name} is not the file of the manifest: sha256 ${found}, expected ${sha256}`,
        "install the package again",
      );
    }
    return bytes;
  }
}

/**
 * Also those of another realm, as a test's.
 * @param {any} value
 */
function areBytes(value) {
  return ArrayBuffer.isView(value) || /^\[object (?:Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));
}
