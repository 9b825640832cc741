// In a worker: loads a model for a page, and does what it is asked over the line to it.

import { LocalClassifier } from "./classifier.js";
import { ModelError } from "./errors.js";
import { fetching } from "./fetching.js";
import { LocalGenerator } from "./generator.js";
import { asError, asMessage } from "./remote_model.js";

/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./remote_model.js").Port} Port */
/**
 * @typedef {object} Order
 * @property {string} task
 * @property {import("../index.d.ts").GeneratorOptions} options
 * @property {boolean} [isHeld] whether the page's lock is held as long as this worker lives
 * @property {{ addresses?: Record<string, string>, folder?: string }} files by their addresses, in a folder, or else asked for
 */

/**
 * Load a model and answer calls until it is released.
 * @param {Port} port
 * @param {() => Promise<Platform>} platform
 * @param {Order} order
 */
export function serveModel(port, platform, order) {
  new Host(port, platform, order);
}

class Host {
  /**
   * @param {Port} port
   * @param {() => Promise<Platform>} platform
   * @param {Order} order
   */
  constructor(port, platform, order) {
    this.port = port;
    /** @type {Map<number, { resolve(bytes: Uint8Array): void, reject(reason: unknown): void }>} */
    this.files = new Map();
    /** @type {Map<number, AbortController>} */
    this.texts = new Map();
    /** @type {any} */
    this.engine = null;
    port.onmessage = ({ data }) => this.receive(data);
    port.postMessage({ id: -1, answer: order.isHeld ?? false });
    this.reply(0, () => this.load(platform, order));
  }

  /**
   * @private
   * @param {() => Promise<Platform>} platform
   * @param {Order} order
   */
  async load(platform, { task, options, files }) {
    const { addresses, folder } = files;
    const bundle = addresses ? fetching((name) => addresses[name]) : (folder ?? ((/** @type {string} */ name) => this.ask(name)));
    const Model = task === "text-generation" ? LocalGenerator : LocalClassifier;
    this.engine = await Model.load(await platform(), { ...options, bundle });
    return this.engine.manifest;
  }

  /**
   * @private
   * @param {any} message
   */
  receive(message) {
    if (message.file !== undefined) this.take(message);
    else if (message.stop !== undefined) this.texts.get(message.stop)?.abort();
    else if (message.cancel) this.engine?.cancel();
    else this.reply(message.id, () => this.run(message));
  }

  /**
   * @private
   * @param {{ id: number, name: string, parameters: any[] }} call
   */
  async run({ id, name, parameters }) {
    if (name === "classify") return this.engine.classify(...parameters);
    if (name === "selfTest") return this.engine.selfTest();
    if (name === "release") return this.engine.release();
    if (name === "generate") return this.generate(id, parameters);
    throw new ModelError("runtime", `the worker knows no ${name}`, "its code is of another version than the page's");
  }

  /**
   * @private
   * @param {number} id
   * @param {any[]} parameters
   */
  async generate(id, [prompt, options]) {
    const stop = new AbortController();
    this.texts.set(id, stop);
    const onToken = (/** @type {string} */ piece) => this.port.postMessage({ id, piece });
    try {
      return await this.engine.generate(prompt, { ...options, onToken, signal: stop.signal });
    } finally {
      this.texts.delete(id);
    }
  }

  /**
   * @private
   * @param {number} id
   * @param {() => Promise<unknown>} task
   */
  async reply(id, task) {
    try {
      this.port.postMessage({ id, answer: await task() });
    } catch (error) {
      this.port.postMessage({ id, error: asMessage(error) });
    }
  }

  /**
   * A file of the bundle, which the page reads.
   * @private
   * @param {string} name
   * @returns {Promise<Uint8Array>}
   */
  ask(name) {
    const file = this.files.size;
    return new Promise((resolve, reject) => {
      this.files.set(file, { resolve, reject });
      this.port.postMessage({ file, name });
    });
  }

  /**
   * @private
   * @param {any} message
   */
  take({ file, bytes, error }) {
    const waiting = this.files.get(file);
    if (error) waiting?.reject(asError(error));
    else waiting?.resolve(bytes);
  }
}
