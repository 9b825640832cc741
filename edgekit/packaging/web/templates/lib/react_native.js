// In React Native: onnxruntime-react-native, and files that the app names, as its packager ships them.

import { InferenceSession, Tensor } from "onnxruntime-react-native";

import { ModelError } from "./errors.js";
import { fetching, inFolder } from "./fetching.js";
import { modelsOf } from "./models.js";
import { Platform } from "./platform.js";

export { ModelError } from "./errors.js";

const platform = new Platform(
  { InferenceSession, Tensor },
  (source) => {
    if (source === undefined) {
      throw new ModelError("invalid", "React Native has no folder of its own", "give load a function that reads a file");
    }
    return fetching(inFolder(source));
  },
  (threads) => ({ executionProviders: ["cpu"], ...(threads ? { intraOpNumThreads: threads } : {}) }),
);

export const { Classifier, Generator } = modelsOf(platform);
