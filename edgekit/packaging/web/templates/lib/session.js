// A model in onnxruntime: made, run and released, each in its turn.

import { ModelError } from "./errors.js";
import { Turns } from "./turns.js";

/** @typedef {import("onnxruntime-common").InferenceSession} InferenceSession */
/** @typedef {import("onnxruntime-common").Tensor} Tensor */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./platform.js").Runtime} Runtime */

export class Session {
  /**
   * @param {Runtime} runtime
   * @param {InferenceSession} session
   * @param {Turns} turns
   */
  constructor(runtime, session, turns) {
    this.runtime = runtime;
    this.session = session;
    this.turns = turns;
  }

  /**
   * Throws where the runtime is not installed, cannot start or does not take the model.
   * @param {Platform} platform
   * @param {Uint8Array | string} model its bytes, or the path of its file
   * @param {import("../index.d.ts").LoadOptions} options
   */
  static async create(platform, model, options) {
    const runtime = await platform.runtime(options);
    const turns = platform.turns?.() ?? new Turns();
    const given = typeof model === "string" ? model : (platform.modelBytes?.(model) ?? model);
    const session = await turns.take(async () => {
      try {
        const create = () => (
          runtime.InferenceSession.create(/** @type {any} */ (given), { logSeverityLevel: 3, ...platform.sessionOptions(options) })
        );
        return await (platform.loading ? platform.loading(create) : create());
      } catch (error) {
        if (error instanceof ModelError) throw error;
        throw new ModelError("runtime", `onnxruntime cannot load the model: ${error instanceof Error ? error.message : error}`);
      }
    });
    return new Session(runtime, session, turns);
  }

  get inputNames() {
    return this.session.inputNames;
  }

  get outputNames() {
    return this.session.outputNames;
  }

  /**
   * @param {Record<string, Tensor>} feeds
   */
  run(feeds) {
    return this.turns.take(async () => {
      try {
        return await this.session.run(feeds);
      } catch (error) {
        // of React Native it is a string
        throw new ModelError("runtime", `onnxruntime cannot run the model: ${error instanceof Error ? error.message : error}`);
      }
    });
  }

  /** Free the model. */
  release() {
    return this.turns.take(() => this.session.release());
  }

  /**
   * A tensor [1, length] of whole numbers. Plain arrays are given, as the runtime may know other typed ones than this
   * code does: a test runner's, a frame's.
   * @param {string} dtype
   * @param {number[]} values
   */
  integers(dtype, values) {
    const dims = [1, values.length];
    return dtype === "int32" ? new this.runtime.Tensor("int32", values, dims) : this.longs(values, dims);
  }

  /**
   * A tensor [1, length] of ones.
   * @param {number} length
   */
  ones(length) {
    return this.longs(new Array(length).fill(1), [1, length]);
  }

  /**
   * A tensor of floats.
   * @param {number[]} values
   * @param {number[]} dims
   */
  floats(values, dims) {
    return new this.runtime.Tensor("float32", values, dims);
  }

  /**
   * @private
   * @param {number[]} values
   * @param {number[]} dims
   */
  longs(values, dims) {
    // its types ask for bigints; it takes numbers as well, and makes them itself
    return new this.runtime.Tensor("int64", /** @type {any} */ (values), dims);
  }
}
