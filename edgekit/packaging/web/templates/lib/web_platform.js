// onnxruntime-web on WebAssembly, on a page or in a worker.

import { ModelError } from "./errors.js";
import { pageTurns } from "./turns.js";

/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */
/** @typedef {import("../index.d.ts").WasmPaths} WasmPaths */
/** @typedef {typeof import("onnxruntime-web/wasm")} OnnxruntimeWeb */

// milliseconds for onnxruntime to start with threads, which includes fetching 14 MB; it takes one or two seconds
const START = 60_000;
// what onnxruntime calls its threads
export const THREAD = "em-pthread";
// on the settings of onnxruntime, which all packages of a page share: they count until the first model is loaded
const STARTED = Symbol.for("edgekit.onnxruntime-web.started");

/**
 * @param {OnnxruntimeWeb} onnxruntime
 * @param {boolean} hasOwnScript whether onnxruntime's code is a file of its own, or one that does nothing in its threads
 * @returns {Pick<import("./platform.js").Platform, "runtime" | "sessionOptions" | "turns" | "loading" | "cores">}
 */
export function webPlatform(onnxruntime, hasOwnScript) {
  const { InferenceSession, Tensor, env } = onnxruntime;
  return {
    runtime: async ({ threads, wasmPaths }) => {
      if (wasmPaths !== undefined) env.wasm.wasmPaths = absolutePaths(wasmPaths);
      setThreads(env.wasm, threads, hasOwnScript);
      return { InferenceSession, Tensor };
    },
    sessionOptions: () => ({ executionProviders: ["wasm"] }),
    turns: pageTurns,
    cores: () => ({ count: globalThis.navigator?.hardwareConcurrency || 1, owner: "this machine" }),
    loading: (task) => (env.wasm.numThreads === 1 ? task() : watched(task)).catch(unplaced),
  };
}

/**
 * A thread of onnxruntime is a worker that imports onnxruntime's script again. Where a bundler has put that into the app's own
 * script, the thread would run the app, and no model would ever be loaded: there one thread is taken.
 * @param {OnnxruntimeWeb["env"]["wasm"]} wasm
 * @param {number | undefined} threads
 * @param {boolean} hasOwnScript
 */
function setThreads(wasm, threads, hasOwnScript) {
  const { wasmPaths, numThreads } = wasm;
  const marked = /** @type {Record<symbol, boolean>} */ (/** @type {unknown} */ (wasm));
  const { crossOriginIsolated: isIsolated } = globalThis;
  const isSafe = hasOwnScript || Boolean(typeof wasmPaths === "string" ? wasmPaths : /** @type {any} */ (wasmPaths)?.mjs);
  if (isIsolated && threads !== undefined && threads > 1 && !isSafe) {
    throw new ModelError(
      "unsupported", "threads need a script of their own, and onnxruntime's is within the app's here",
      "load the model with worker: true, or tell where the files of onnxruntime-web/dist lie: wasmPaths",
    );
  }
  if (isIsolated && threads !== undefined && marked[STARTED] && threads !== numThreads) {
    throw new ModelError(
      "unsupported", `onnxruntime runs with threads: ${numThreads} on this page since its first model was loaded`,
      "load this one with as many, or in a worker",
    );
  }
  if (!marked[STARTED]) wasm.numThreads = isSafe ? (threads ?? (numThreads || usualThreads())) : 1;
  marked[STARTED] = true;
  // without threads nothing is waited for but the network
  if (Number(wasm.numThreads) > 1) wasm.initTimeout ||= START;
}

/** As many as onnxruntime takes by itself; without isolation there are none. */
const usualThreads = () => (globalThis.crossOriginIsolated ? Math.min(4, Math.ceil((navigator.hardwareConcurrency || 1) / 2)) : 1);

/**
 * Load, and fail where a thread of onnxruntime cannot start, which onnxruntime itself would wait for without an end.
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
function watched(task) {
  const { Worker } = globalThis;
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => {
    globalThis.Worker = class extends Worker {
      /**
       * @param {string | URL} address
       * @param {WorkerOptions} [options]
       */
      constructor(address, options) {
        super(address, options);
        if (options?.name !== THREAD) return;
        this.addEventListener("error", ({ message }) => {
          reject(new Error(`a thread could not start from ${address}: ${message || "it cannot be loaded"}; load with threads: 1`));
        });
      }
    };
  });
  return Promise.race([task(), failed]).finally(() => {
    globalThis.Worker = Worker;
  });
}

/**
 * Onnxruntime's own words where its script is bundled as no module, in those of `load`.
 * @param {any} error
 * @returns {never}
 */
function unplaced(error) {
  if (!String(error?.message).includes("script source URL")) throw error;
  throw new ModelError(
    "missing", "onnxruntime does not know where its own files lie: its script is within one that is no module (IIFE, UMD)",
    'say it: load({ wasmPaths: "..." }), the folder of onnxruntime-web/dist',
  );
}

/**
 * The address itself, whatever it is later read against: a worker has another base than its page.
 * @param {string | URL} address
 */
export function absolute(address) {
  try {
    return new URL(String(address), globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    return String(address);
  }
}

/**
 * The address of a folder with its slash; undefined where single files are told.
 * @param {WasmPaths | undefined} paths
 */
export function folderOf(paths) {
  return typeof paths === "string" || (paths && "href" in paths) ? absolute(/** @type {URL} */ (paths)).replace(/\/?$/, "/") : undefined;
}

/**
 * @param {WasmPaths} paths
 * @returns {any}
 */
function absolutePaths(paths) {
  return folderOf(paths) ?? Object.fromEntries(Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [[name, absolute(path)]])));
}
