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
/** @typedef {import("./platform.js").Platform} Platform */

export const TASK = "text-generation";

/** A decoder's bundle, ready to write, one text at a time; calls that overlap wait for each other. */
export class BaseGenerator {
  /**
   * @param {import("./bundle.js").Bundle} bundle
   * @param {Tokenizer} tokenizer
   * @param {DecoderSession} decoder
   */
  constructor(bundle, tokenizer, decoder) {
    this.bundle = bundle;
    this.tokenizer = tokenizer;
    this.decoder = decoder;
    this.life = new Lifetime(() => decoder.session.release());
  }

  /** @returns {Manifest} */
  get manifest() {
    return this.bundle.manifest;
  }

  /**
   * @param {string} prompt
   * @param {import("../index.d.ts").GenerateOptions} [options]
   * @returns {Promise<import("../index.d.ts").Generated>}
   */
  generate(prompt, options) {
    return this.life.take(() => new Generation(this, this.encode(prompt), generateOptions(options)).run());
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  selfTest() {
    return this.life.take(async () => runGolden(await this.bundle.golden(), this.manifest, (...all) => this.check(...all)));
  }

  /** Free the model; a text under way ends behind the token in work, as cancelled. A second call changes nothing. */
  dispose() {
    return this.life.end();
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

/**
 * Read, check and load what a generator needs.
 * @param {Platform} platform
 * @param {import("../index.d.ts").GeneratorOptions} options
 * @returns {Promise<[import("./bundle.js").Bundle, Tokenizer, DecoderSession]>}
 */
export async function parts(platform, options) {
  const bundle = await openBundle(await readerOf(platform, options), TASK);
  const { manifest } = bundle;
  const capacity = options.context ?? manifest.max_length;
  if (capacity > manifest.max_length) {
    throw new ModelError("invalid", `the context must hold 1 to ${manifest.max_length} tokens, not ${capacity}`);
  }
  const tokenizer = new Tokenizer(await bundle.json("tokenizer.json"));
  const session = await Session.create(platform, await bundle.model(), options);
  return [bundle, tokenizer, new DecoderSession(session, manifest, capacity)];
}
