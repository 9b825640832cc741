// Breaks in long work: without threads onnxruntime keeps the page's own, which must paint and hear clicks meanwhile.

// milliseconds; two frames of a screen
const LONGEST = 33;

export class Breaks {
  constructor() {
    this.last = performance.now();
  }

  /** Let the page go on, if it has waited for long. */
  async take() {
    if (performance.now() - this.last < LONGEST) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.last = performance.now();
  }
}
