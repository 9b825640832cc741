import { check } from "./check.js";

check({ worker: inOwnWorker, page: async () => (await import("smart-home")).Classifier.load() });

/** A model in a worker whose code is the app's, which imports the package as a page does. */
async function inOwnWorker() {
  const worker = new Worker(new URL("./own_worker.js", import.meta.url), { type: "module" });
  const ask = (/** @type {string} */ call, /** @type {any[]} */ ...words) => new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
    worker.onmessage = ({ data }) => (data.failure ? reject(new Error(data.failure)) : resolve(data.answer));
    worker.postMessage({ call, words });
  });
  return {
    classify: (/** @type {string} */ text) => ask("classify", text),
    selfTest: () => ask("selfTest"),
    dispose: () => worker.terminate(),
  };
}
