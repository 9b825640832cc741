// onnxruntime-react-native, where an app has it. It stands alone here: Metro before 0.81 numbers the modules that a module
// requires as if none were missing, and then finds another one under each number behind the missing one.

/** @returns {typeof import("onnxruntime-react-native") | Error} */
export function nativeRuntime() {
  try {
    return require("onnxruntime-react-native");
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
