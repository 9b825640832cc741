import { check } from "./check.js";

let worker;

/** What the Worker answers to a question. */
const ask = (method, ...words) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.answer));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ method, words });
  });

check({
  worker: async () => {
    worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    return {
      classify: (text) => ask("classify", text),
      selfTest: () => ask("selfTest"),
      dispose: () => ask("dispose"),
    };
  },
});
