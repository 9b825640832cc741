// What a page tells of its model: the first answer, the self-test, and how long the page's main thread stood still.

const TEXT = "turn on the light";

/**
 * Load as the page's address says behind its "#", and leave what was found, or what went wrong, in `window.found`.
 * @param {Record<string, () => Promise<any>>} loads
 */
export function check(loads) {
  const load = loads[location.hash.slice(1)] ?? (() => Promise.reject(new Error(`nothing loads ${location.hash}`)));
  checked(load).then(
    (found) => Object.assign(window, { found }),
    (error) => Object.assign(window, { found: { failure: String(error?.message ?? error) } }),
  );
}

/** @param {() => Promise<any>} load */
export async function checked(load) {
  const workersMade = countWorkers();
  const longest = heartbeat();
  const began = performance.now();
  const model = await load();
  const { label } = await model.classify(TEXT);
  const firstMs = performance.now() - began;
  // one more beat, which would tell of a stop that lasts until now
  await new Promise((resolve) => setTimeout(resolve, 20));
  const freezeMs = longest();
  const { passed, cases, failure } = await model.selfTest();
  await model.dispose();
  const ofPages = globalThis.document ? { freezeMs, workers: workersMade() } : {};
  return { label, passed, cases, failure, firstMs, ...ofPages };
}

/** The longest time between two beats of a timer, which a thread that is free keeps. */
function heartbeat() {
  let last = performance.now();
  let most = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    most = Math.max(most, now - last);
    last = now;
  }, 4);
  return () => {
    clearInterval(timer);
    return most;
  };
}

/** How many Workers are made from now on. */
function countWorkers() {
  let count = 0;
  if (globalThis.Worker) {
    globalThis.Worker = new Proxy(globalThis.Worker, {
      construct: (made, words) => {
        count++;
        return Reflect.construct(made, words);
      },
    });
  }
  return () => count;
}
