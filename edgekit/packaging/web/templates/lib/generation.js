// The loop of a decoder: prompt in, text out piece by piece, until something ends it.

import { Breaks } from "./breaks.js";
import { ModelError } from "./errors.js";
import { Sampler } from "./sampling.js";
import { StopWatch, TextStream } from "./text_stream.js";

/** @typedef {import("../index.d.ts").GenerateOptions} GenerateOptions */
/** @typedef {import("../index.d.ts").Generated} Generated */

/** One text in the making. */
export class Generation {
  /**
   * @param {import("./generator.js").LocalGenerator} generator
   * @param {number[]} promptIds
   * @param {GenerateOptions} options of which each is of its kind
   */
  constructor(generator, promptIds, options) {
    const { temperature = 0, topK = 0, topP = 1, seed = 0, maxTokens = 256, stop = [], contextFull = "stop" } = options;
    this.decoder = generator.decoder;
    this.generator = generator;
    this.start = generator.manifest.generation?.bos_id ?? null;
    this.ends = new Set(generator.manifest.generation?.eos_ids);
    this.sampler = new Sampler({ temperature, topK, topP, seed });
    this.stream = new TextStream((ids) => generator.tokenizer.decode(ids), promptIds);
    this.watch = new StopWatch(typeof stop === "string" ? [stop] : stop);
    this.options = { maxTokens, slides: contextFull === "slide", onToken: options.onToken, signal: options.signal };
    this.promptIds = promptIds;
    /** @type {number[]} */
    this.ids = [];
    this.text = "";
    /** @type {Generated["finish"] | null} */
    this.finish = null;
    this.slides = 0;
  }

  /** @returns {Promise<Generated>} */
  async run() {
    const started = performance.now();
    let logits = this.cancelled() ? null : await this.prefill();
    const began = performance.now();
    const breaks = new Breaks();
    while (logits && !this.finish) {
      const token = this.sampler.choose(logits);
      if (this.ends.has(token)) {
        this.finish = "eos";
        break;
      }
      this.ids.push(token);
      this.give(this.watch.add(this.stream.add(token)));
      await breaks.take();
      this.finish = this.reason();
      if (!this.finish) logits = await this.next(token);
    }
    if (!this.watch.stopped) this.give(this.watch.add(this.stream.end()) + this.watch.end());
    return this.result(began - started, performance.now() - began);
  }

  /**
   * @private
   * @param {number} firstMs
   * @param {number} decodeMs
   * @returns {Generated}
   */
  result(firstMs, decodeMs) {
    const steps = Math.max(0, this.ids.length - 1);
    return {
      text: this.text,
      ids: this.ids,
      finish: this.finish ?? "cancelled",
      promptTokens: this.promptIds.length,
      slides: this.slides,
      firstMs,
      tokensPerSecond: steps && decodeMs ? (1000 * steps) / decodeMs : 0,
    };
  }

  /**
   * @private
   * @param {string} piece
   */
  give(piece) {
    this.text += piece;
    if (piece) this.options.onToken?.(piece);
  }

  /** @private */
  async prefill() {
    const { length } = this.promptIds;
    this.decoder.reset();
    if (length <= this.decoder.capacity) return this.decoder.run(this.promptIds);
    if (!this.options.slides) {
      throw new ModelError(
        "invalid", `the prompt has ${length} tokens, and the context holds ${this.decoder.capacity}`,
        'shorten the prompt, or let the context slide: contextFull: "slide"',
      );
    }
    return this.slide();
  }

  /**
   * @private
   * @param {number} token
   */
  next(token) {
    return this.decoder.length === this.decoder.capacity ? this.slide() : this.decoder.run([token]);
  }

  /**
   * Forget all but the newest half of a full context and the token that begins texts, and read these again.
   * @private
   */
  slide() {
    this.slides++;
    this.decoder.reset();
    const { capacity } = this.decoder;
    const newest = [...this.promptIds, ...this.ids].slice(-Math.max(1, Math.floor(capacity / 2)));
    const begins = this.promptIds[0] === this.start && capacity > 1;
    return this.decoder.run(begins ? [this.promptIds[0], ...newest] : newest);
  }

  /**
   * Why the text ends behind the newest token, or nothing.
   * @private
   * @returns {Generated["finish"] | null}
   */
  reason() {
    if (this.watch.stopped) return "stop";
    if (this.ids.length >= this.options.maxTokens) return "length";
    if (this.decoder.length === this.decoder.capacity && !this.options.slides) return "context";
    return this.cancelled() ? "cancelled" : null;
  }

  /** @private */
  cancelled() {
    return this.generator.cancelled || (this.options.signal?.aborted ?? false);
  }
}
