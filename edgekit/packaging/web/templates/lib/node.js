// In Node: onnxruntime-node, and files read from where this package lies.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ModelError } from "./errors.js";
import { modelsOf } from "./models.js";
import { FOLDER, imported } from "./node_runtime.js";
import { knownToNode, requiredByNode, withNodesArrays } from "./realm.js";

export { ModelError } from "./errors.js";

const RUNTIME = "onnxruntime-node";
const INSTALL = "npm install onnxruntime-node@@@NODE_RUNTIME@@";

/**
 * @param {string | URL} folder
 * @returns {import("../index.d.ts").ReadFile}
 */
const reading = (folder) => async (name) => {
  const path = join(String(folder).startsWith("file:") ? fileURLToPath(String(folder)) : String(folder), name);
  try {
    return await readFile(path);
  } catch (error) {
    throw new ModelError("missing", `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};

/** @returns {Promise<import("./platform.js").Runtime>} */
async function runtime() {
  // onnxruntime's own builds may carry a telemetry client; it reads this when it is loaded
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  try {
    return requiredByNode(RUNTIME, FOLDER) ?? (await withNodesArrays(started));
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const isAbsent = String(code).endsWith("MODULE_NOT_FOUND") && message.includes(RUNTIME);
    const why = isAbsent ? "is not installed" : `cannot be loaded: ${message}`;
    throw new ModelError("runtime", `${RUNTIME}, which runs the model in Node, ${why}`, INSTALL);
  }
}

async function started() {
  const found = await imported(RUNTIME);
  const { InferenceSession, Tensor } = found.InferenceSession ? found : found.default;
  // it looks for arrays of bigints when it makes its first tensor
  new Tensor("int64", [0], [1]);
  return { InferenceSession, Tensor };
}

export const { Classifier, Generator } = modelsOf({
  runtime,
  modelBytes: knownToNode,
  reader: (bundle) => reading(bundle ?? join(dirname(FOLDER), "bundle")),
  sessionOptions: ({ threads }) => ({
    executionProviders: ["cpu"], interOpNumThreads: 1, ...(threads ? { intraOpNumThreads: threads } : {}),
  }),
  refused: { wasmPaths: "it is for onnxruntime-web, and in Node onnxruntime-node runs the model" },
});
