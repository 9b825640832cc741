// The end of a program whose threads run models: ended within a run, onnxruntime-node aborts the program, as after a fault.

import { Turns } from "./turns.js";

/**
 * What a program and a thread of it share: whether the program ends, and whether the thread is within onnxruntime.
 * @typedef {Int32Array} Gate
 */

const [CLOSED, BUSY] = [0, 1];
// milliseconds that a program's end waits for a run
const LONGEST = 5000;

/** @type {Set<Gate>} */
const gates = new Set();

/** @returns {Gate} */
export function openGate() {
  if (!gates.size) process.once("exit", closeAll);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  gates.add(gate);
  return gate;
}

/**
 * The thread has ended.
 * @param {Gate} gate
 */
export function forget(gate) {
  gates.delete(gate);
  if (!gates.size) process.off("exit", closeAll);
}

function closeAll() {
  for (const gate of gates) Atomics.store(gate, CLOSED, 1);
  for (const gate of gates) Atomics.wait(gate, BUSY, 1, LONGEST);
}

/** Turns of a thread, of which none begins once the program ends. */
export class GatedTurns extends Turns {
  /** @param {Gate} gate */
  constructor(gate) {
    super();
    this.gate = gate;
  }

  /**
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  take(task) {
    return super.take(async () => {
      Atomics.store(this.gate, BUSY, 1);
      try {
        return await (Atomics.load(this.gate, CLOSED) ? new Promise(() => this.leave()) : task());
      } finally {
        this.leave();
      }
    });
  }

  /** @private */
  leave() {
    Atomics.store(this.gate, BUSY, 0);
    Atomics.notify(this.gate, BUSY);
  }
}
