// React Native: onnxruntime-react-native, found when a model is loaded, as an app without it must still start.

import { DeviceFiles, FolderFiles } from "./device_files.js";
import { ModelError } from "./errors.js";
import { fetching, inFolder } from "./fetching.js";
import { nativeRuntime } from "./native_runtime.js";

/** @typedef {import("./platform.js").Runtime} Runtime */

// React Native does not tell how many cores a phone has; none sold has more
const CORES = 12;

/**
 * No turns are needed over several models: each load and each run has a native thread of its own, onnxruntime's sessions
 * may run side by side, and results become JavaScript's on its own thread (read in the source of onnxruntime-react-native
 * @@REACT_NATIVE_RUNTIME@@, AsyncWorker.h and InferenceSessionHostObject.cpp).
 * @param {{ assets: Record<string, import("./device_files.js").Asset>, device: import("./device_files.js").Device } | null} own
 *   the files of the package and what reads them; null where the app must say where they lie, and read them
 * @returns {import("./platform.js").Platform}
 */
export const reactNative = (own) => ({
  runtime: async () => runtime(),
  reader: (bundle) => {
    if (bundle === undefined && own) return new DeviceFiles(own.assets, own.device);
    if (own && /^(file:|\/)/.test(String(bundle))) return new FolderFiles(String(bundle), own.device);
    if (bundle !== undefined) return fetching(inFolder(bundle));
    throw new ModelError(
      "invalid", "React Native reads no file of a package by itself",
      "import from @@NAME@@/expo or @@NAME@@/bare, or give load a function that reads a file",
    );
  },
  sessionOptions: ({ threads }) => ({ executionProviders: ["cpu"], ...(threads ? { intraOpNumThreads: threads } : {}) }),
  cores: () => ({ count: CORES, owner: "any phone" }),
  refused: {
    wasmPaths: "it is for onnxruntime-web, and here onnxruntime-react-native runs the model",
    worker: "onnxruntime-react-native runs the model in a thread of its own",
  },
});

/** @returns {Runtime} */
function runtime() {
  if (typeof BigInt64Array === "undefined") {
    throw new ModelError("unsupported", "this JavaScript engine has no BigInt64Array", "React Native from 0.70 on with Hermes has");
  }
  const found = nativeRuntime();
  if (found instanceof Error) {
    throw new ModelError(
      "runtime", `onnxruntime-react-native@@@REACT_NATIVE_RUNTIME@@ is not in this app: ${found.message}`,
      "install it and build the app anew; Expo Go has none, a development build has",
    );
  }
  const { InferenceSession, Tensor } = found;
  return { Tensor, InferenceSession: /** @type {any} */ ({ create: creating(InferenceSession) }) };
}

/**
 * From bytes the native module makes a session with no options, and of the whole buffer that they lie in.
 * @param {typeof import("onnxruntime-common").InferenceSession} InferenceSession
 */
const creating = (InferenceSession) => (
  /** @type {string | Uint8Array} */ model,
  /** @type {import("onnxruntime-common").InferenceSession.SessionOptions} */ options,
) => {
  if (typeof model === "string") return InferenceSession.create(model, options);
  if (options.intraOpNumThreads) {
    throw new ModelError(
      "unsupported", "onnxruntime-react-native takes threads only for a model that it reads from its file",
      "leave threads out, or import from @@NAME@@/expo or @@NAME@@/bare",
    );
  }
  const isWhole = model.byteLength === model.buffer.byteLength;
  return InferenceSession.create(isWhole ? model : model.slice(), options);
};
