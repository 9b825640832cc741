// In React Native: onnxruntime-react-native, and files that the app names, as its packager ships them.

import { InferenceSession, Tensor } from "onnxruntime-react-native";

import { ModelError } from "./errors.js";
import { fetching, inFolder } from "./fetching.js";
import { modelsOf } from "./models.js";

export { ModelError } from "./errors.js";

export const { Classifier, Generator } = modelsOf({
  runtime: async () => ({ InferenceSession, Tensor }),
  reader: (bundle) => {
    if (bundle === undefined) {
      throw new ModelError("invalid", "React Native has no folder of its own", "give load a function that reads a file");
    }
    return fetching(inFolder(bundle));
  },
  sessionOptions: ({ threads }) => ({ executionProviders: ["cpu"], ...(threads ? { intraOpNumThreads: threads } : {}) }),
  refused: { wasmPaths: "it is for onnxruntime-web, and here onnxruntime-react-native runs the model" },
});
