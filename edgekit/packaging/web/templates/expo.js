// In an Expo app: this package's files by expo-asset, which brings them to the device, and expo-file-system.

import { Asset } from "expo-asset";
import * as FileSystem from "expo-file-system";

import { decodeBase64 } from "./lib/base64.js";
import { pathOf } from "./lib/device_files.js";
import { modelsOf } from "./lib/models.js";
import { ASSETS } from "./lib/react_native_assets.js";
import { reactNative } from "./lib/react_native_platform.js";
import { sha256 } from "./lib/sha256.js";

export { ModelError } from "./lib/errors.js";

// its classes of SDK 54, or the functions of the versions before
const { File, getInfoAsync, readAsStringAsync } = FileSystem;
/** @param {string} path */
const addressOf = (path) => `file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`;

/** @type {import("./lib/device_files.js").Device} */
const device = {
  // the one that Expo computes natively: another file with the MD5 of a given one cannot be made either
  algorithm: "md5",
  bring: async ({ module }) => {
    const { localUri } = await Asset.fromModule(module).downloadAsync();
    if (!localUri) throw new Error("expo-asset gives no file");
    return pathOf(localUri);
  },
  hash: async (path) => {
    if (File) return new File(addressOf(path)).md5;
    const info = await getInfoAsync(addressOf(path), { md5: true });
    return (info.exists && info.md5) || null;
  },
  sha256: async (path) => {
    if (File) return sha256(await new File(addressOf(path)).bytes());
    const bytes = decodeBase64(await readAsStringAsync(addressOf(path), { encoding: "base64" }));
    if (!bytes) throw new Error("expo-file-system gives no base 64");
    return sha256(bytes);
  },
  text: (path) => (File ? new File(addressOf(path)).text() : readAsStringAsync(addressOf(path))),
};

export const { Classifier, Generator } = modelsOf(reactNative({ assets: ASSETS, device }));
