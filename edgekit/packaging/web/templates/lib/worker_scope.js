// What a worker of the browser listens to: pages that have it load a model.

import { fetching, inFolder } from "./fetching.js";
import { THREAD, webPlatform } from "./web_platform.js";
import { serveModel } from "./worker_host.js";

/** @typedef {import("./web_platform.js").OnnxruntimeWeb} OnnxruntimeWeb */

/** @param {(address: string) => Promise<OnnxruntimeWeb>} onnxruntime */
export function acceptModels(onnxruntime) {
  const { name } = /** @type {any} */ (globalThis);
  // onnxruntime's threads import this very script, for its code alone
  if (String(name).startsWith(THREAD)) return;
  globalThis.addEventListener("message", (/** @type {any} */ { data, ports }) => {
    if (data?.edgekit !== "load") return;
    hold(data.lock).then((isHeld) => {
      serveModel(ports[0], async () => platformOf(await onnxruntime(data.onnxruntime)), { ...data, isHeld });
    });
  });
}

/**
 * @param {OnnxruntimeWeb} onnxruntime
 * @returns {import("./platform.js").Platform}
 */
function platformOf(onnxruntime) {
  return { ...webPlatform(onnxruntime, true), reader: (folder) => fetching(inFolder(/** @type {string} */ (folder))) };
}

/**
 * Hold a lock that is let go when this worker ends, however it ends: nothing else tells a page. Some pages have none.
 * @param {string | null} name
 * @returns {Promise<boolean>}
 */
async function hold(name) {
  if (!name) return false;
  return new Promise((resolve) => {
    navigator.locks.request(name, () => {
      resolve(true);
      return new Promise(() => {});
    }).catch(() => resolve(false));
  });
}
