// What goes on from react-native-fs, where an app has it; alone here as `native_runtime.js` is.

/** @returns {typeof import("@dr.pogodin/react-native-fs") | null} */
export function drPogodinFs() {
  try {
    return require("@dr.pogodin/react-native-fs");
  } catch {
    return null;
  }
}
