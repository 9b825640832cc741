// The worker of a page without a bundler, or whose bundler makes none: onnxruntime is imported by its address, as import
// maps do not reach into workers.

import { ModelError } from "./errors.js";
import { acceptModels } from "./worker_scope.js";

acceptModels(async (address) => {
  if (!address) {
    throw new ModelError(
      "invalid", "a worker of its own file finds no onnxruntime", "load with wasmPaths: the folder of onnxruntime-web/dist",
    );
  }
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ address);
});
