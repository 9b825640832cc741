// From a page to its worker: a line, and word where the worker is gone.

import { ModelError } from "./errors.js";

const ADVICE = 'give load one that the bundler makes of "@@NAME@@/worker": load({ worker: "/worker.js" })';

/** @typedef {import("./remote_model.js").Connection} Connection */

/**
 * @param {() => Worker} start
 * @param {boolean} isOwn whether the worker is started for this model, and ends with it
 * @param {object} known what the worker is told beside what it shall load
 * @param {(why: string) => void} onLost
 * @returns {Pick<Connection, "port" | "begin" | "started" | "advice" | "end">}
 */
export function lineTo(start, isOwn, known, onLost) {
  const worker = started(start);
  const { port1, port2 } = new MessageChannel();
  const { locks } = globalThis.navigator ?? {};
  const lock = locks ? `edgekit-${Math.random()}-${performance.now()}` : null;
  const ended = new AbortController();
  const onError = (/** @type {ErrorEvent} */ { message, filename }) => {
    // of a script that is not there a browser tells nothing, its address neither
    onLost(message || (filename ? `its script ${filename} cannot be loaded` : "its script cannot be loaded"));
  };
  worker.addEventListener("error", onError);
  return {
    port: /** @type {import("./remote_model.js").Port} */ (/** @type {unknown} */ (port1)),
    begin: (order) => worker.postMessage({ edgekit: "load", lock, ...known, ...order }, [port2]),
    started: (isHeld) => {
      // of a worker of the app's own, an error may be of its other work
      if (!isOwn) worker.removeEventListener("error", onError);
      // the worker holds this lock, which is free when it ends, however that is
      if (isHeld && locks && lock) locks.request(lock, ended, () => onLost("it was ended")).catch(() => undefined);
    },
    advice: ADVICE,
    end: () => {
      ended.abort();
      worker.removeEventListener("error", onError);
      if (isOwn) worker.terminate();
    },
  };
}

/** @param {() => Worker} start */
function started(start) {
  try {
    return start();
  } catch (error) {
    throw new ModelError("runtime", `the worker cannot be started: ${error instanceof Error ? error.message : error}`, ADVICE);
  }
}
