// onnxruntime-web on WebAssembly, on a page or in a worker.

import { ModelError } from "./errors.js";
import { pageTurns } from "./turns.js";

/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */
/** @typedef {import("../index.d.ts").WasmPaths} WasmPaths */
/** @typedef {typeof import("onnxruntime-web/wasm")} OnnxruntimeWeb */

// milliseconds for onnxruntime to start with threads, which includes fetching 14 MB; it takes one or two seconds
const START = 60_000;

/**
 * @param {OnnxruntimeWeb} onnxruntime
 * @param {boolean} hasOwnScript whether onnxruntime's code is a file of its own, or one that does nothing in its threads
 * @returns {Pick<import("./platform.js").Platform, "runtime" | "sessionOptions" | "turns" | "loading">}
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
    loading: (task) => (env.wasm.numThreads === 1 ? task() : watched(task)),
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
  const { wasmPaths } = wasm;
  const isSafe = hasOwnScript || (typeof wasmPaths === "string" ? wasmPaths : /** @type {any} */ (wasmPaths)?.mjs);
  if (threads !== undefined && threads > 1 && globalThis.crossOriginIsolated && !isSafe) {
    throw new ModelError(
      "unsupported", "threads need a script of their own, and onnxruntime's is within the app's here",
      "load the model with worker: true, or tell where the files of onnxruntime-web/dist lie: wasmPaths",
    );
  }
  if (!isSafe) wasm.numThreads = 1;
  else if (threads !== undefined) wasm.numThreads = threads;
  wasm.initTimeout ||= START;
}

/**
 * A thread that cannot start tells its page so by an error that nobody waits for; onnxruntime itself waits for ever.
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
function watched(task) {
  return new Promise((resolve, reject) => {
    const onError = (/** @type {any} */ event) => {
      // onnxruntime throws the event that it was told of the thread
      if (!(event.error instanceof Event)) return;
      event.preventDefault();
      const { message = "its script cannot be loaded", filename = "" } = /** @type {any} */ (event.error);
      reject(new Error(`a thread could not start: ${message} ${filename}; load with threads: 1`));
    };
    globalThis.addEventListener("error", onError);
    task().then(resolve, reject).finally(() => globalThis.removeEventListener("error", onError));
  });
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
