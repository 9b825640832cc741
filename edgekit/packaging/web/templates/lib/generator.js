// A bundle that writes on from a prompt.

import { openBundle } from "./bundle.js";
import { DecoderSession } from "./decoder_session.js";
import { ModelError } from "./errors.js";
import { Generation } from "./generation.js";
import { runGolden } from "./golden.js";
import { Lifetime } from "./lifetime.js";
import { generateOptions } from "./options.js";
import { readerOf } from "./platform.js";
import { Session } from "./session.js";
import { Tokenizer } from "./tokenizer/tokenizer.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("./lifetime.js").GeneratorEngine} Engine */
/** @typedef {import("./platform.js").Platform} Platform */

export const TASK = "text-generation";

/**
 * A text that was ended before its turn came.
 * @returns {import("../index.d.ts").Generated}
 */
const unwritten = () => ({ text: "", ids: [], finish: "cancelled", promptTokens: 0, slides: 0, firstMs: 0, tokensPerSecond: 0 });

/** A generator as an app holds it, whose model runs here or in a worker; calls that overlap wait for each other. */
export class BaseGenerator {
  /**
   * @param {Manifest} manifest
   * @param {Engine} engine
   */
  constructor(manifest, engine) {
    if (!engine) throw new ModelError("invalid", "a Generator is not made with new", "await Generator.load()");
    this.manifest = manifest;
    this.engine = engine;
    this.life = new Lifetime(engine);
  }

  /**
   * @param {string} prompt
   * @param {import("../index.d.ts").GenerateOptions} [options]
   * @returns {Promise<import("../index.d.ts").Generated>}
   */
  async generate(prompt, options) {
    const given = generateOptions(options);
    const { signal } = given;
    /** @type {() => void} */
    let leave = () => {};
    /** @type {Promise<import("../index.d.ts").Generated>} */
    const left = new Promise((resolve) => {
      leave = () => resolve(unwritten());
    });
    // one that waits ends when it is told, not when its turn comes
    signal?.addEventListener?.("abort", leave);
    if (signal?.aborted) leave();
    const written = this.life.take(async () => {
      signal?.removeEventListener?.("abort", leave);
      return signal?.aborted ? unwritten() : this.engine.generate(prompt, given);
    });
    return Promise.race([written, left]);
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  selfTest() {
    return this.life.take(() => this.engine.selfTest());
  }

  /** Free the model; a text under way ends behind the token in work, as cancelled. A second call changes nothing. */
  dispose() {
    return this.life.end();
  }
}

/** A generator that runs where it is. */
export class LocalGenerator {
  /**
   * @param {import("./bundle.js").Bundle} bundle
   * @param {Tokenizer} tokenizer
   * @param {DecoderSession} decoder
   */
  constructor(bundle, tokenizer, decoder) {
    this.bundle = bundle;
    this.manifest = bundle.manifest;
    this.tokenizer = tokenizer;
    this.decoder = decoder;
    this.cancelled = false;
  }

  /**
   * Read, check and load what a generator needs.
   * @param {Platform} platform
   * @param {import("../index.d.ts").GeneratorOptions} options
   */
  static async load(platform, options) {
    const bundle = await openBundle(await readerOf(platform, options), TASK);
    const { manifest } = bundle;
    const capacity = options.context ?? manifest.max_length;
    if (capacity > manifest.max_length) {
      throw new ModelError("invalid", `the context must hold 1 to ${manifest.max_length} tokens, not ${capacity}`);
    }
    const tokenizer = new Tokenizer(await bundle.json("tokenizer.json"));
    const session = await Session.create(platform, await bundle.model(), options);
    return new LocalGenerator(bundle, tokenizer, new DecoderSession(session, manifest, capacity));
  }

  /**
   * @param {string} prompt
   * @param {import("../index.d.ts").GenerateOptions} options of which each is of its kind
   */
  async generate(prompt, options) {
    return new Generation(this, this.encode(prompt), options).run();
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  async selfTest() {
    return runGolden(await this.bundle.golden(), this.manifest, (...all) => this.check(...all));
  }

  /** End the texts under way and those that wait. */
  cancel() {
    this.cancelled = true;
  }

  release() {
    return this.decoder.session.release();
  }

  /**
   * The ids of a prompt; an empty one becomes the token that begins a text.
   * @private
   * @param {string} prompt
   */
  encode(prompt) {
    const { ids } = this.tokenizer.encode(prompt);
    const start = this.manifest.generation?.bos_id ?? null;
    if (ids.length) return ids;
    if (start === null) throw new ModelError("invalid", "the prompt is empty, and the model has no token that begins a text");
    return [start];
  }

  /**
   * Behind the prompt the case's own tokens are fed, one by one.
   * @private
   * @param {any} golden
   * @param {import("./golden.js").Comparison} compare
   */
  async check(golden, compare) {
    compare.ids(this.encode(golden.text), golden.ids);
    this.decoder.reset();
    let row = await this.decoder.run(golden.ids);
    compare.bestLogits(row, golden.best, golden.logits);
    for (const [place, token] of golden.tokens.entries()) {
      if (place) row = await this.decoder.run([golden.tokens[place - 1]]);
      compare.next(row, token, place);
    }
  }
}
