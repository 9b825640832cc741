// In a bare React Native app: this package's files by React Native's own assets and react-native-fs.

import { Image } from "react-native";

import { decodeBase64 } from "./lib/base64.js";
import { pathOf } from "./lib/device_files.js";
import { drPogodinFs } from "./lib/dr_pogodin_fs.js";
import { modelsOf } from "./lib/models.js";
import { ASSETS } from "./lib/react_native_assets.js";
import { reactNativeFs } from "./lib/react_native_fs.js";
import { reactNative } from "./lib/react_native_platform.js";
import { decodeUtf8Strictly } from "./lib/utf8.js";

export { ModelError } from "./lib/errors.js";

/** @typedef {import("./lib/device_files.js").Asset} Asset */

/** @type {Map<string, Promise<string>>} files on their way to the device, by their hash */
const underWay = new Map();

/** The file system, of whichever package the app has. */
function fileSystem() {
  const found = drPogodinFs() ?? reactNativeFs();
  if (!found) throw new Error("neither @dr.pogodin/react-native-fs nor react-native-fs is in this app");
  return found;
}

/**
 * The path of an asset: its own on iOS; where it is a resource of Android's, or comes from Metro, that of a copy.
 * @param {Asset} asset
 * @param {string} name
 */
async function bring({ module, sha256 }, name) {
  const address = Image.resolveAssetSource(module)?.uri;
  if (!address) throw new Error("React Native has no such asset");
  if (address.startsWith("file:")) return pathOf(address);
  const copying = underWay.get(sha256) ?? copy(address, sha256, name);
  underWay.set(sha256, copying);
  try {
    return await copying;
  } finally {
    underWay.delete(sha256);
  }
}

/**
 * @param {string} address
 * @param {string} sha256
 * @param {string} name
 */
async function copy(address, sha256, name) {
  const fs = fileSystem();
  const path = `${fs.CachesDirectoryPath}/${sha256}-${name}`;
  if ((await fs.exists(path)) && (await fs.hash(path, "sha256")) === sha256) return path;
  if (/^https?:/.test(address)) {
    const { statusCode } = await fs.downloadFile({ fromUrl: address, toFile: path }).promise;
    if (statusCode !== 200) throw new Error(`${address} answers with status ${statusCode}`);
  } else {
    // Android names a resource without its extension, by which the file system tells that it is no picture
    await fs.copyFileRes(`${address}.onnx`, path);
  }
  return path;
}

/** @param {string} path */
const hash = (path) => fileSystem().hash(path, "sha256");

/** @type {import("./lib/device_files.js").Device} */
const device = {
  algorithm: "sha256",
  bring,
  hash,
  sha256: hash,
  text: async (path) => {
    const bytes = decodeBase64(await fileSystem().readFile(path, "base64"));
    if (!bytes) throw new Error("react-native-fs gives no base 64");
    return decodeUtf8Strictly(bytes);
  },
};

export const { Classifier, Generator } = modelsOf(reactNative({ assets: ASSETS, device }));
