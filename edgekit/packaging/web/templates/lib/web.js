// In the browser: onnxruntime-web on WebAssembly, and files fetched from where this package lies.

import { InferenceSession, Tensor, env } from "onnxruntime-web/wasm";

import { fetching, inFolder } from "./fetching.js";
import { FILES } from "./files.js";
import { modelsOf } from "./models.js";
import { pageTurns } from "./turns.js";

export { ModelError } from "./errors.js";

export const { Classifier, Generator } = modelsOf({
  runtime: async ({ threads, wasmPaths }) => {
    // one setting for all of a page's models, which counts until the first is loaded
    if (threads !== undefined) env.wasm.numThreads = threads;
    if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
    return { InferenceSession, Tensor };
  },
  reader: (bundle) => fetching(bundle === undefined ? (name) => FILES[name].href : inFolder(bundle)),
  sessionOptions: () => ({ executionProviders: ["wasm"] }),
  turns: pageTurns,
});
