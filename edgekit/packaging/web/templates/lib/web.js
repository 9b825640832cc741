// In the browser: onnxruntime-web on WebAssembly, and files fetched from where this package lies.

import { InferenceSession, Tensor, env } from "onnxruntime-web/wasm";

import { fetching, inFolder } from "./fetching.js";
import { FILES } from "./files.js";
import { modelsOf } from "./models.js";
import { Platform } from "./platform.js";

export { ModelError } from "./errors.js";

const platform = new Platform(
  { InferenceSession, Tensor },
  (source) => fetching(source === undefined ? (name) => FILES[name].href : inFolder(source)),
  (threads) => {
    // one setting for all of a page's models, which counts until the first is loaded
    if (threads !== undefined) env.wasm.numThreads = threads;
    return { executionProviders: ["wasm"] };
  },
);

export const { Classifier, Generator } = modelsOf(platform);
