// What differs between the browser, Node and React Native: where files are read, and which onnxruntime runs.

import { ModelError } from "./errors.js";

/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */
/** @typedef {import("../index.d.ts").ReadFile | import("./bundle.js").Files} Reader */
/** @typedef {import("./remote_model.js").Connection} Connection */
/** @typedef {Pick<typeof import("onnxruntime-common"), "InferenceSession" | "Tensor">} Runtime */

/**
 * @typedef {object} Platform
 * @property {(options: LoadOptions) => Promise<Runtime>} runtime onnxruntime, set up as the options say; loaded here and
 *   not on import, as a server imports this package to render a page whose model runs in the browser
 * @property {(bundle: string | URL | undefined) => Reader | Promise<Reader>} reader of the files in a folder, by default the package's
 * @property {(options: LoadOptions) => import("onnxruntime-common").InferenceSession.SessionOptions} sessionOptions
 * @property {(model: Uint8Array) => Uint8Array} [modelBytes] a model's bytes as the runtime takes them
 * @property {() => import("./turns.js").Turns} [turns] in which sessions run, where one must not run beside another
 * @property {<T>(task: () => Promise<T>) => Promise<T>} [loading] loads a model, and ends where it would not
 * @property {(options: LoadOptions, onLost: (why: string) => void) => Promise<Connection>} [connect] starts a worker; `onLost`
 *   is called when it has ended by itself
 * @property {() => { count: number, owner: string }} cores how many threads make sense, and whose cores these are
 * @property {Record<string, string>} [refused] options that this platform does not take, each with the reason
 */

/**
 * Throw for an option that this platform does not take.
 * @param {Platform} platform
 * @param {LoadOptions} options
 */
export function refuse(platform, options) {
  const given = Object.entries(options).filter(([, value]) => value !== false).map(([name]) => name);
  const [name, why] = Object.entries(platform.refused ?? {}).find(([each]) => given.includes(each)) ?? [];
  if (name) throw new ModelError("unsupported", `${name} does nothing here: ${why}`, "leave it out");
}

/**
 * The options with no more threads than there are cores: onnxruntime starts as many as it is told, for seconds, and each one more
 * makes the model slower. An app does not know where it will run, so that it is warned and not refused.
 * @template {LoadOptions} Options
 * @param {Platform} platform
 * @param {Options} options
 * @returns {Options}
 */
export function withinCores(platform, options) {
  const { count, owner } = platform.cores();
  if (options.threads === undefined || options.threads <= count) return options;
  const [cores, are] = count > 1 ? ["cores", "are"] : ["core", "is"];
  globalThis.console?.warn(`@@NAME@@: threads: ${options.threads} is more than the ${count} ${cores} of ${owner}; ${count} ${are} taken`);
  return { ...options, threads: count };
}

/**
 * How the files of a bundle are read. Throws for an option that this platform does not take.
 * @param {Platform} platform
 * @param {LoadOptions} options
 * @returns {Promise<Reader>}
 */
export async function readerOf(platform, options) {
  refuse(platform, options);
  return typeof options.bundle === "function" ? options.bundle : platform.reader(options.bundle);
}
