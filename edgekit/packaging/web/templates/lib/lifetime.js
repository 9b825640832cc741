// From loading to disposing: a model does one thing at a time, and nothing once it is disposed.

import { ModelError } from "./errors.js";
import { Turns } from "./turns.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/**
 * What runs a model, here or in a worker; it is asked one thing at a time.
 * @typedef {object} Engine
 * @property {Manifest} manifest
 * @property {() => Promise<import("../index.d.ts").SelfTest>} selfTest
 * @property {() => void} cancel ends what is under way, where it has an earlier end
 * @property {() => Promise<void>} release frees what the model holds
 */
/**
 * @typedef {Engine & { classify(text: string, pair: string | null): Promise<Float32Array> }} ClassifierEngine gives logits
 */
/**
 * @typedef {Engine & {
 *   generate(prompt: string, options: import("../index.d.ts").GenerateOptions): Promise<import("../index.d.ts").Generated>
 * }} GeneratorEngine
 */

export class Lifetime {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
    this.turns = new Turns();
    /** @type {Promise<void> | null} */
    this.ending = null;
  }

  /**
   * Run a task when those before it are through.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  async take(task) {
    if (this.ending) throw new ModelError("disposed", "this model was disposed", "load it again");
    return this.turns.take(task);
  }

  /** Release once all that was asked is through; the first call does, each later one waits for it. */
  end() {
    this.engine.cancel();
    return (this.ending ??= this.turns.take(() => this.engine.release()));
  }
}
