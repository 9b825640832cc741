// From loading to disposing: a model does one thing at a time, and nothing once it is disposed.

import { ModelError } from "./errors.js";
import { Turns } from "./turns.js";

export class Lifetime {
  /** @param {() => Promise<void>} release frees what the model holds */
  constructor(release) {
    this.release = release;
    this.turns = new Turns();
    /** @type {Promise<void> | null} */
    this.ending = null;
  }

  get ended() {
    return this.ending !== null;
  }

  /**
   * Run a task when those before it are through.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  async take(task) {
    if (this.ended) throw new ModelError("disposed", "this model was disposed", "load it again");
    return this.turns.take(task);
  }

  /** Release once all that was asked is through; the first call does, each later one waits for it. */
  end() {
    return (this.ending ??= this.turns.take(this.release));
  }
}
