// In Node: onnxruntime-node, and files read from where this package lies.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ModelError } from "./errors.js";
import { modelsOf } from "./models.js";
import { Platform } from "./platform.js";

export { ModelError } from "./errors.js";

// onnxruntime's own builds may carry a telemetry client; it reads this when it is loaded
process.env.ORT_DISABLE_TELEMETRY ??= "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

/**
 * @param {string | URL} folder
 * @returns {import("../index.d.ts").ReadFile}
 */
const reading = (folder) => async (name) => {
  const path = join(folder instanceof URL || folder.startsWith("file:") ? fileURLToPath(folder) : folder, name);
  try {
    return await readFile(path);
  } catch (error) {
    throw new ModelError("missing", `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};

const platform = new Platform(
  { InferenceSession, Tensor },
  (source) => reading(source ?? new URL("../bundle/", import.meta.url)),
  (threads) => ({ executionProviders: ["cpu"], interOpNumThreads: 1, ...(threads ? { intraOpNumThreads: threads } : {}) }),
);

export const { Classifier, Generator } = modelsOf(platform);
