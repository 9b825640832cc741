// The two classes of this package, made for a platform.

import { BaseClassifier, parts as classifierParts } from "./classifier.js";
import { BaseGenerator, parts as generatorParts } from "./generator.js";
import { loadOptions } from "./options.js";

/** @typedef {import("../index.d.ts").Source} Source */

/**
 * Each has `load(options)`; what it may throw says `index.d.ts`.
 * @param {import("./platform.js").Platform} platform
 */
export function modelsOf(platform) {
  class Classifier extends BaseClassifier {
    /**
     * @param {Source | import("../index.d.ts").LoadOptions} [first]
     * @param {import("../index.d.ts").LoadOptions} [second]
     */
    static async load(first, second) {
      const options = loadOptions(first, second, "text-classification");
      return new Classifier(...(await classifierParts(platform, options)));
    }
  }

  class Generator extends BaseGenerator {
    /**
     * @param {Source | import("../index.d.ts").GeneratorOptions} [first]
     * @param {import("../index.d.ts").GeneratorOptions} [second]
     */
    static async load(first, second) {
      const options = loadOptions(first, second, "text-generation");
      return new Generator(...(await generatorParts(platform, options)));
    }
  }

  return { Classifier, Generator };
}
