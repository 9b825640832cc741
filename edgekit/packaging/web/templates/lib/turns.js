// One thing at a time: callers wait for their turn, and one that fails does not keep the next from its own.

/** @typedef {{ last: Promise<unknown> }} Queue */

const PAGE = Symbol.for("edgekit.onnxruntime-web.turns");

export class Turns {
  /** @param {Queue} [queue] shared with other turns, or of its own */
  constructor(queue = { last: Promise.resolve() }) {
    this.queue = queue;
  }

  /**
   * Run a task when all before it are through.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  take(task) {
    const turn = this.queue.last.then(task);
    this.queue.last = turn.then(() => undefined, () => undefined);
    return turn;
  }
}

/**
 * The turns of all models of a page, whichever package each is of: onnxruntime-web keeps one stack for all its sessions,
 * and calls that overlap there destroy each other's. Every package brings its own copy of this code, of its own version:
 * they meet at a queue under a name, which must stay what it is.
 */
export function pageTurns() {
  const page = /** @type {Record<symbol, Queue | undefined>} */ (/** @type {unknown} */ (globalThis));
  return new Turns((page[PAGE] ??= { last: Promise.resolve() }));
}
