// react-native-fs, where an app has it; alone here as `native_runtime.js` is.

/** @returns {typeof import("react-native-fs") | null} */
export function reactNativeFs() {
  try {
    return require("react-native-fs");
  } catch {
    return null;
  }
}
