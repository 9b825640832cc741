// A model that runs in a worker: calls go there as messages; answers, pieces of text and errors come back.

import { ModelError } from "./errors.js";
import { refuse } from "./platform.js";

/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */
/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("../index.d.ts").ReadFile} ReadFile */
/** @typedef {import("./platform.js").Platform} Platform */
/**
 * The line to a worker. In Node an open one keeps the process alive, unless it is let go with `unref`.
 * @typedef {object} Port
 * @property {(message: any, transfer?: any[]) => void} postMessage
 * @property {((event: { data: any }) => void) | null} onmessage
 * @property {() => void} close
 * @property {() => void} [ref]
 * @property {() => void} [unref]
 */
/**
 * @typedef {object} Connection
 * @property {Port} port
 * @property {(order: object) => void} begin hands the other end of the line to the worker, with what it shall load
 * @property {(isHeld: boolean) => void} [started] is called when the worker has answered first: whether it holds its lock
 * @property {string} [advice] what to do where the worker cannot be started
 * @property {() => void} end leaves the worker, which ends where it was started for this model
 * @property {object} files what the worker reads the bundle by; one without any asks for each file
 * @property {ReadFile} [read] gives the files that the worker asks for
 */
/** @typedef {{ resolve(value: any): void, reject(reason: unknown): void, onPiece?: (piece: string) => void }} Waiting */

// milliseconds for a worker's code to be fetched and started
const START = 60_000;

/**
 * Load a model in a worker.
 * @param {Platform} platform
 * @param {Manifest["task"]} task
 * @param {LoadOptions} options
 * @returns {Promise<RemoteModel>}
 */
export async function remoteModel(platform, task, options) {
  const { worker, bundle, ...rest } = options;
  refuse(platform, options);
  /** @type {RemoteModel | null} */
  let model = null;
  const connection = await /** @type {Required<Platform>} */ (platform).connect(options, (why) => model?.lose(why));
  model = new RemoteModel(connection);
  try {
    await model.load(task, rest);
    return model;
  } catch (error) {
    model.end();
    throw error;
  }
}

export class RemoteModel {
  /** @param {Connection} connection */
  constructor(connection) {
    this.connection = connection;
    this.port = connection.port;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    this.last = 0;
    /** @type {ModelError | null} */
    this.lost = null;
    this.started = false;
    this.ended = false;
    /** @type {Manifest} */
    this.manifest = /** @type {any} */ (null);
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  /**
   * @param {Manifest["task"]} task
   * @param {object} options
   */
  async load(task, options) {
    // the worker answers twice: when it has started, and when it has loaded the model
    const loaded = this.answer(0);
    const started = this.answer(-1);
    const timer = setTimeout(() => this.lose(`it has not answered for ${START / 1000} s`), START);
    const onStart = (/** @type {boolean} */ isHeld) => {
      this.started = true;
      this.connection.started?.(isHeld);
    };
    started.then(onStart, () => undefined).finally(() => clearTimeout(timer));
    this.connection.begin({ task, options, files: this.connection.files });
    this.manifest = await loaded;
  }

  /**
   * @param {string} text
   * @param {string | null} pair
   * @returns {Promise<Float32Array>}
   */
  classify(text, pair) {
    return this.call("classify", [text, pair]);
  }

  /**
   * @param {string} prompt
   * @param {import("../index.d.ts").GenerateOptions} options
   * @returns {Promise<import("../index.d.ts").Generated>}
   */
  async generate(prompt, { signal, onToken, ...options }) {
    const id = this.last + 1;
    const stop = () => this.send({ stop: id });
    const written = this.call("generate", [prompt, options], onToken);
    signal?.addEventListener?.("abort", stop);
    try {
      return await written;
    } finally {
      signal?.removeEventListener?.("abort", stop);
    }
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  selfTest() {
    return this.call("selfTest", []);
  }

  cancel() {
    if (!this.lost && !this.ended) this.send({ cancel: true });
  }

  /** Free the model; a worker that is lost has freed it. */
  async release() {
    if (!this.lost) await this.call("release", []).catch(() => undefined);
    this.end();
  }

  /** Leave the worker. */
  end() {
    this.ended = true;
    this.port.close();
    this.connection.end();
  }

  /**
   * Nothing more comes from the worker: all that waits is refused, and all that follows.
   * @param {string} why
   */
  lose(why) {
    if (this.lost || this.ended) return;
    this.lost = this.started
      ? new ModelError("runtime", `the worker that runs the model is gone: ${why}`, "load it again")
      : new ModelError("runtime", `the worker cannot be started: ${why}`, this.connection.advice);
    for (const { reject } of this.waiting.values()) reject(this.lost);
    this.waiting.clear();
    this.end();
  }

  /**
   * @private
   * @param {string} name
   * @param {unknown[]} parameters
   * @param {(piece: string) => void} [onPiece]
   * @returns {Promise<any>}
   */
  async call(name, parameters, onPiece) {
    const id = ++this.last;
    const answer = this.answer(id, onPiece);
    try {
      if (!this.lost) this.send({ id, name, parameters });
    } catch (error) {
      // of what was given, not all can be sent
      this.settle(id)?.reject(new ModelError("invalid", `a worker cannot be given this: ${error}`));
    }
    return answer;
  }

  /**
   * @private
   * @param {number} id
   * @param {(piece: string) => void} [onPiece]
   * @returns {Promise<any>}
   */
  answer(id, onPiece) {
    return new Promise((resolve, reject) => {
      if (this.lost) {
        reject(this.lost);
        return;
      }
      this.waiting.set(id, { resolve, reject, ...(onPiece ? { onPiece } : {}) });
      this.port.ref?.();
    });
  }

  /**
   * @private
   * @param {number} id
   */
  settle(id) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (!this.waiting.size) this.port.unref?.();
    return waiting;
  }

  /**
   * @private
   * @param {object} message
   */
  send(message) {
    this.port.postMessage(message);
  }

  /**
   * @private
   * @param {any} message
   */
  receive(message) {
    if (message.file !== undefined) this.give(message.file, message.name);
    else if (message.piece !== undefined) this.pass(message.id, message.piece);
    else if (message.error) this.settle(message.id)?.reject(asError(message.error));
    else this.settle(message.id)?.resolve(message.answer);
  }

  /**
   * A piece of text, to a callback of the app: one that throws ends the text.
   * @private
   * @param {number} id
   * @param {string} piece
   */
  pass(id, piece) {
    const waiting = this.waiting.get(id);
    try {
      waiting?.onPiece?.(piece);
    } catch (error) {
      // the call is through when the worker is: until then it can do nothing else
      if (waiting) this.waiting.set(id, { resolve: () => waiting.reject(error), reject: waiting.reject });
      this.send({ stop: id });
    }
  }

  /**
   * A file that the worker asks for.
   * @private
   * @param {number} file
   * @param {string} name
   */
  async give(file, name) {
    try {
      const read = /** @type {ReadFile} */ (this.connection.read);
      this.send({ file, bytes: await read(name) });
    } catch (error) {
      this.send({ file, error: asMessage(error) });
    }
  }
}

/**
 * An error as it goes through a line.
 * @param {any} error
 */
export const asMessage = (error) => ({ name: error?.name, code: error?.code, message: error?.message ?? String(error) });

/**
 * @param {{ name?: string, code?: any, message: string }} told
 * @returns {Error}
 */
export function asError({ name, code, message }) {
  if (name === "ModelError") return new ModelError(code, message);
  return Object.assign(new Error(message), { name: name ?? "Error" });
}
