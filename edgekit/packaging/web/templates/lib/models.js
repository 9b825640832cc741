// The two classes of this package, made for a platform.

import { BaseClassifier, parts as classifierParts } from "./classifier.js";
import { BaseGenerator, parts as generatorParts } from "./generator.js";

/** @typedef {import("../index.d.ts").Source} Source */

/**
 * Each has `load(source, options)`; what it may throw says `index.d.ts`.
 * @param {import("./platform.js").Platform} platform
 */
export function modelsOf(platform) {
  class Classifier extends BaseClassifier {
    /**
     * @param {Source} [source]
     * @param {import("../index.d.ts").LoadOptions} [options]
     */
    static async load(source, options = {}) {
      return new Classifier(...(await classifierParts(platform, source, options)));
    }
  }

  class Generator extends BaseGenerator {
    /**
     * @param {Source} [source]
     * @param {import("../index.d.ts").GeneratorOptions} [options]
     */
    static async load(source, options = {}) {
      return new Generator(...(await generatorParts(platform, source, options)));
    }
  }

  return { Classifier, Generator };
}
