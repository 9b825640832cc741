// onnxruntime-node, and files read from where this package lies.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as threads from "node:worker_threads";

import { ModelError } from "./errors.js";
import { forget, openGate } from "./exit_gate.js";
import { FOLDER, imported } from "./node_runtime.js";
import { knownToNode, requiredByNode, withNodesArrays } from "./realm.js";

/** @typedef {import("./platform.js").Platform} Platform */

const RUNTIME = "onnxruntime-node";
const INSTALL = "npm install onnxruntime-node@@@NODE_RUNTIME@@";
// npm links a package that is installed as a folder, and what the app has installed is not found beside the folder
const LINKED = "; this package lies outside of node_modules: npm install --install-links puts it there";

/** @type {Platform} */
export const platform = {
  runtime,
  modelBytes: knownToNode,
  reader: (bundle) => reading(bundle ?? join(packageFolder(), "bundle")),
  sessionOptions: ({ threads: several }) => ({
    executionProviders: ["cpu"], interOpNumThreads: 1, ...(several ? { intraOpNumThreads: several } : {}),
  }),
  connect,
  cores: () => ({ count: availableParallelism(), owner: "this machine" }),
  refused: { wasmPaths: "it is for onnxruntime-web, and in Node onnxruntime-node runs the model" },
};

/**
 * @param {string | URL} folder
 * @returns {import("../index.d.ts").ReadFile}
 */
const reading = (folder) => async (name) => {
  const path = join(pathOf(folder), name);
  try {
    return await readFile(path);
  } catch (error) {
    throw new ModelError("missing", `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};

/** @param {string | URL} folder */
const pathOf = (folder) => (String(folder).startsWith("file:") ? fileURLToPath(String(folder)) : String(folder));

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
    throw new ModelError("runtime", `${RUNTIME}, which runs the model in Node, ${why}`, FOLDER.includes("node_modules") ? INSTALL : INSTALL + LINKED);
  }
}

async function started() {
  const found = await imported(RUNTIME);
  const { InferenceSession, Tensor } = found.InferenceSession ? found : found.default;
  // it looks for arrays of bigints when it makes its first tensor
  new Tensor("int64", [0], [1]);
  return { InferenceSession, Tensor };
}

/**
 * The folder of this package: this code's own, or, where a bundler has moved the code into an app, that in the `node_modules`
 * of the app. Throws where it is in neither.
 */
function packageFolder() {
  const own = dirname(FOLDER);
  if (isPackage(own)) return own;
  for (const start of [FOLDER, dirname(process.argv[1] ?? FOLDER)]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const place = join(folder, "node_modules", "@@NAME@@");
      if (isPackage(place)) return place;
      if (folder === dirname(folder)) break;
    }
  }
  if (existsSync(join(FOLDER, "node_platform.js"))) {
    throw new ModelError(
      "missing", `${own} holds the code of @@NAME@@ and not its bundle: what copied it there has left that behind`,
      `copy ${join("node_modules", "@@NAME@@", "bundle")} there as well, or load with { bundle: "..." }`,
    );
  }
  throw new ModelError(
    "missing", "the files of @@NAME@@ are not beside its code, which a bundler has moved",
    'leave the package out of the bundle, or load with { bundle: "node_modules/@@NAME@@/bundle" }',
  );
}

/** @param {string} folder */
const isPackage = (folder) => existsSync(join(folder, "bundle", "manifest.json")) && existsSync(join(folder, "lib"));

/** @type {NonNullable<Platform["connect"]>} */
async function connect({ worker: given, bundle }, onLost) {
  if (given !== true) throw new ModelError("unsupported", "in Node a worker is one of this package", "give worker: true");
  // no bundler shall take this for a file of the app
  const worker = /** @type {threads.Worker} */ (
    Reflect.construct(threads.Worker, [join(packageFolder(), "lib", "node_worker.js")])
  );
  const { port1, port2 } = new threads.MessageChannel();
  worker.on("error", (error) => onLost(String(error)));
  const gate = openGate();
  worker.on("exit", (code) => {
    forget(gate);
    onLost(`it ended with exit code ${code}`);
  });
  // a model that nobody asks does not keep a program alive
  worker.unref();
  return {
    port: /** @type {any} */ (port1),
    begin: (order) => worker.postMessage({ ...order, gate, port: port2 }, [port2]),
    // the worker ends by itself when its line is closed: ended from here in the middle of a run, onnxruntime-node ends the program
    end: () => {},
    files: typeof bundle === "function" ? {} : { folder: bundle === undefined ? join(packageFolder(), "bundle") : pathOf(bundle) },
    ...(typeof bundle === "function" ? { read: bundle } : {}),
  };
}
