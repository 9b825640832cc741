// One thing at a time: a session runs once at a time, and callers wait for their turn.

export class Turns {
  constructor() {
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
  }

  /**
   * Run a task when all before it are through.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  take(task) {
    const turn = this.last.then(task);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
