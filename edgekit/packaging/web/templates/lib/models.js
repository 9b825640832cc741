// The two classes of this package, made for a platform.

import { BaseClassifier, LocalClassifier, TASK as CLASSIFICATION } from "./classifier.js";
import { BaseGenerator, LocalGenerator, TASK as GENERATION } from "./generator.js";
import { loadOptions } from "./options.js";
import { withinCores } from "./platform.js";
import { remoteModel } from "./remote_model.js";

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
      const options = withinCores(platform, loadOptions(first, second, CLASSIFICATION));
      const engine = await (options.worker ? remoteModel(platform, CLASSIFICATION, options) : LocalClassifier.load(platform, options));
      return new Classifier(engine.manifest, engine);
    }
  }

  class Generator extends BaseGenerator {
    /**
     * @param {Source | import("../index.d.ts").GeneratorOptions} [first]
     * @param {import("../index.d.ts").GeneratorOptions} [second]
     */
    static async load(first, second) {
      const options = withinCores(platform, loadOptions(first, second, GENERATION));
      const engine = await (options.worker ? remoteModel(platform, GENERATION, options) : LocalGenerator.load(platform, options));
      return new Generator(engine.manifest, engine);
    }
  }

  return { Classifier, Generator };
}
