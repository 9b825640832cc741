// In Node: onnxruntime-node, and files read from where this package lies.

import { modelsOf } from "./models.js";
import { platform } from "./node_platform.js";

export { ModelError } from "./errors.js";

export const { Classifier, Generator } = modelsOf(platform);
