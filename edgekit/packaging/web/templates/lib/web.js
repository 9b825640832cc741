// In the browser: onnxruntime-web on WebAssembly, and files fetched from where this package lies.

import * as onnxruntime from "onnxruntime-web/wasm";

import { fetching, inFolder } from "./fetching.js";
import { FILES } from "./files.js";
import { ModelError } from "./errors.js";
import { modelsOf } from "./models.js";
import { absolute, folderOf, webPlatform } from "./web_platform.js";
import { lineTo } from "./worker_connection.js";

/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */

export { ModelError } from "./errors.js";

const RUNTIME = "onnxruntime-web/wasm";
// a bundle that is one script, no module, has none
const HERE = String(import.meta.url ?? "");
// a bundler that takes onnxruntime's script as a file writes an address of the machine that it runs on; where this module has
// its own address still, nothing was bundled
const isPlain = /^https?:[^?#]*\/lib\/web\.js([?#]|$)/.test(HERE);

export const { Classifier, Generator } = modelsOf({
  ...webPlatform(onnxruntime, isPlain || HERE.startsWith("file:")),
  reader: (bundle) => fetching(bundle === undefined ? ownAddress : inFolder(bundle)),
  connect: async (options, onLost) => {
    const known = { onnxruntime: runtimeAddress(options) };
    const { worker } = options;
    if (typeof worker === "object" && "postMessage" in worker) {
      return { ...lineTo(() => /** @type {Worker} */ (worker), false, known, onLost), ...filesOf(options) };
    }
    return { ...lineTo(() => startWorker(worker, known.onnxruntime), true, known, onLost), ...filesOf(options) };
  },
});

/**
 * @param {LoadOptions["worker"]} worker
 * @param {string | undefined} runtime
 */
function startWorker(worker, runtime) {
  if (worker !== true) return new Worker(String(worker), { type: "module" });
  if (isPlain && runtime) return new Worker(HERE.replace(/web\.js/, "standalone_worker.js"), { type: "module" });
  // written as bundlers know it
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

/**
 * Where a worker that no bundler built finds onnxruntime: where the page's import map has it, or in the folder that it is given.
 * @param {LoadOptions} options
 * @returns {string | undefined}
 */
function runtimeAddress({ wasmPaths }) {
  try {
    return import.meta.resolve(RUNTIME);
  } catch {
    const folder = folderOf(wasmPaths);
    return folder && `${folder}ort.wasm.min.mjs`;
  }
}

/**
 * Where a bundler has put a file of the package. Throws where nothing tells, as in a bundle that is one script, no module.
 * @param {string} name
 */
function ownAddress(name) {
  try {
    return FILES[name]().href;
  } catch {
    throw new ModelError(
      "missing", "this script does not know its own address (it is bundled as IIFE or UMD, not as a module), nor where its files lie",
      'say it: load({ bundle: "...", wasmPaths: "..." })',
    );
  }
}

/**
 * What a worker reads the bundle by.
 * @param {LoadOptions} options
 * @returns {Pick<import("./remote_model.js").Connection, "files" | "read">}
 */
function filesOf({ bundle }) {
  if (typeof bundle === "function") return { files: {}, read: bundle };
  if (bundle !== undefined) return { files: { folder: absolute(bundle) } };
  return { files: { addresses: Object.fromEntries(Object.keys(FILES).map((name) => [name, ownAddress(name)])) } };
}
