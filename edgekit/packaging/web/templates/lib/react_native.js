// In React Native: files that the app itself reads; `expo.js` and `bare.js` read those of this package.

import { modelsOf } from "./models.js";
import { reactNative } from "./react_native_platform.js";

export { ModelError } from "./errors.js";

export const { Classifier, Generator } = modelsOf(reactNative(null));
