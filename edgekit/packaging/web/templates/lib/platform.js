// What differs between the browser, Node and React Native: where files are read, and which onnxruntime runs.

import { ModelError } from "./errors.js";

/** @typedef {import("../index.d.ts").Source} Source */
/** @typedef {import("../index.d.ts").ReadFile} ReadFile */
/** @typedef {typeof import("onnxruntime-common")} Runtime */

export class Platform {
  /**
   * @param {Pick<Runtime, "InferenceSession" | "Tensor">} runtime
   * @param {(source: string | URL | undefined) => ReadFile} readerOf
   * @param {(threads: number | undefined) => import("onnxruntime-common").InferenceSession.SessionOptions} optionsOf
   */
  constructor(runtime, readerOf, optionsOf) {
    this.runtime = runtime;
    this.readerOf = readerOf;
    this.optionsOf = optionsOf;
  }

  /**
   * How the files of a source are read.
   * @param {Source | undefined} source
   * @returns {ReadFile}
   */
  reader(source) {
    return typeof source === "function" ? source : this.readerOf(source);
  }

  /**
   * @param {Uint8Array} model
   * @param {number} [threads]
   */
  async session(model, threads) {
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new ModelError("invalid", `threads must be a whole number from 1 on, not ${threads}`);
    }
    try {
      return await this.runtime.InferenceSession.create(model, { logSeverityLevel: 3, ...this.optionsOf(threads) });
    } catch (error) {
      throw new ModelError("runtime", `onnxruntime cannot load the model: ${error instanceof Error ? error.message : error}`);
    }
  }

  /**
   * A tensor [1, length] of whole numbers.
   * @param {string} dtype
   * @param {number[]} values
   */
  integers(dtype, values) {
    const dims = [1, values.length];
    if (dtype === "int32") return new this.runtime.Tensor("int32", Int32Array.from(values), dims);
    return new this.runtime.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
  }

  /**
   * A tensor [1, length] of ones.
   * @param {number} length
   */
  ones(length) {
    return new this.runtime.Tensor("int64", new BigInt64Array(length).fill(1n), [1, length]);
  }

  /**
   * A tensor of floats.
   * @param {Float32Array} values
   * @param {number[]} dims
   */
  floats(values, dims) {
    return new this.runtime.Tensor("float32", values, dims);
  }
}
