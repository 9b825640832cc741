// A bundle as a function from text to label, labels or number.

import { openBundle } from "./bundle.js";
import { ModelError } from "./errors.js";
import { runGolden } from "./golden.js";
import { headOf, thresholdsOf } from "./head.js";
import { Lifetime } from "./lifetime.js";
import { readerOf } from "./platform.js";
import { Session } from "./session.js";
import { Tokenizer } from "./tokenizer/tokenizer.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("../index.d.ts").Prediction} Prediction */
/** @typedef {import("./lifetime.js").ClassifierEngine} Engine */
/** @typedef {import("./platform.js").Platform} Platform */
/** @typedef {import("./tokenizer/post_processors.js").Encoding} Encoding */

export const TASK = "text-classification";

/** A classifier as an app holds it, whose model runs here or in a worker; calls that overlap wait for each other. */
export class BaseClassifier {
  /**
   * @param {Manifest} manifest
   * @param {Engine} engine
   */
  constructor(manifest, engine) {
    if (!engine) throw new ModelError("invalid", "a Classifier is not made with new", "await Classifier.load()");
    this.manifest = manifest;
    this.engine = engine;
    this.head = headOf(manifest);
    this.life = new Lifetime(engine);
  }

  /** @returns {readonly string[]} */
  get labels() {
    return this.manifest.labels;
  }

  /** From which score on each label of a multi-label model holds, in their order; of other models none. */
  get thresholds() {
    return thresholdsOf(this.manifest);
  }

  /**
   * @param {string} text
   * @param {string | null} [pair]
   * @param {never[]} more
   * @returns {Promise<Prediction>}
   */
  classify(text, pair = null, ...more) {
    return this.life.take(async () => {
      if (more.length) throw new ModelError("invalid", "classify takes a text and its pair, and nothing else");
      const started = performance.now();
      const logits = await this.engine.classify(text, pair);
      const answer = Object.assign(this.head.read(logits), { logits, ms: performance.now() - started });
      return /** @type {Prediction} */ (answer);
    });
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  selfTest() {
    return this.life.take(() => this.engine.selfTest());
  }

  /** Free the model, once what it is asked before is through; a second call changes nothing. */
  dispose() {
    return this.life.end();
  }
}

/** A classifier that runs where it is. */
export class LocalClassifier {
  /**
   * @param {import("./bundle.js").Bundle} bundle
   * @param {Tokenizer} tokenizer
   * @param {Session} session
   */
  constructor(bundle, tokenizer, session) {
    this.bundle = bundle;
    this.manifest = bundle.manifest;
    this.tokenizer = tokenizer;
    this.session = session;
    this.head = headOf(bundle.manifest);
    this.inputs = new Map(bundle.manifest.inputs.map(({ name, dtype }) => [name, { role: role(name), dtype }]));
    const unknown = session.inputNames.find((name) => !this.inputs.has(name));
    if (unknown) throw new ModelError("invalid", `the model takes an input ${unknown} that the manifest does not know`);
  }

  /**
   * Read, check and load what a classifier needs.
   * @param {Platform} platform
   * @param {import("../index.d.ts").LoadOptions} options
   */
  static async load(platform, options) {
    const bundle = await openBundle(await readerOf(platform, options), TASK);
    const tokenizer = new Tokenizer(await bundle.json("tokenizer.json"), bundle.manifest.max_length);
    const session = await Session.create(platform, await bundle.model(), options);
    return new LocalClassifier(bundle, tokenizer, session);
  }

  /**
   * The logits of a text.
   * @param {string} text
   * @param {string | null} pair
   */
  async classify(text, pair) {
    if (this.manifest.pairs === "only" && pair === null) {
      throw new ModelError("invalid", "this model takes pairs of texts, and was given one", "give its second text as well");
    }
    if (this.manifest.pairs === false && pair !== null) {
      throw new ModelError("invalid", "this model takes single texts, and was given a pair", "leave the second text out");
    }
    return this.logits(this.tokenizer.encode(text, pair));
  }

  /** @returns {Promise<import("../index.d.ts").SelfTest>} */
  async selfTest() {
    return runGolden(await this.bundle.golden(), this.manifest, (...all) => this.check(...all));
  }

  /** What is under way is through before the model is released: nothing is to be ended. */
  cancel() {}

  release() {
    return this.session.release();
  }

  /**
   * @private
   * @param {any} golden
   * @param {import("./golden.js").Comparison} compare
   */
  async check(golden, compare) {
    const encoding = this.tokenizer.encode(golden.text, golden.text_pair ?? null);
    compare.ids(encoding.ids, golden.ids);
    const logits = await this.logits(encoding);
    compare.logits(logits, golden.logits);
    this.head.check(compare, this.head.read(logits), golden);
  }

  /**
   * @private
   * @param {Encoding} encoding
   * @returns {Promise<Float32Array>}
   */
  async logits(encoding) {
    if (this.manifest.pairs === false && encoding.typeIds.some(Boolean)) {
      throw new ModelError("invalid", "this model takes single texts, and was given a pair", "leave the second text out");
    }
    // a text without any token is one of padding
    const ids = encoding.ids.length ? encoding.ids : [this.manifest.pad_id];
    const types = encoding.ids.length ? encoding.typeIds : [0];
    /** @type {Record<string, number[]>} */
    const rows = { ids, mask: ids.map(() => 1), types };
    /** @type {Record<string, import("onnxruntime-common").Tensor>} */
    const feeds = {};
    for (const name of this.session.inputNames) {
      const { role: holds, dtype } = /** @type {{ role: string, dtype: string }} */ (this.inputs.get(name));
      feeds[name] = this.session.integers(dtype, rows[holds]);
    }
    const results = await this.session.run(feeds);
    const logits = /** @type {Float32Array} */ (results[this.session.outputNames[0]].data);
    if (logits.length !== this.manifest.labels.length) {
      const { length } = this.manifest.labels;
      throw new ModelError("invalid", `the model gives ${logits.length} logits for ${length} labels`);
    }
    if (!logits.every(Number.isFinite)) throw new ModelError("runtime", "the model gives logits that are no numbers");
    return logits;
  }
}

/**
 * What an input holds, by its name.
 * @param {string} name
 */
function role(name) {
  if (name.includes("mask")) return "mask";
  return name.includes("type") ? "types" : "ids";
}
