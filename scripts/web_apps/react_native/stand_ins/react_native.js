// What the libraries of the app take of React Native.

const { getAndroidResourceIdentifier } = require("@react-native/asset-utils");

const AssetRegistry = require("./asset_registry.js");

const { device } = globalThis;
const fs = {
  getConstants: () => ({ CachesDirectoryPath: device.CACHES, FileTypeRegular: 0, FileTypeDirectory: 1 }),
  exists: (path) => device.later(() => Boolean(device.onDisk(path))),
  hash: (path, algorithm) => device.later(() => device.existing(path)[algorithm]),
  readFile: (path) => device.later(() => device.existing(path).base64),
  copyFileRes: (name, path) => device.later(() => device.copy(name.slice(0, name.lastIndexOf(".")), path)),
  downloadFile: ({ jobId, fromUrl, toFile }) => device.later(() => {
    if (!device.shipped(fromUrl)) return { jobId, statusCode: 404, bytesWritten: 0 };
    device.copy(fromUrl, toFile);
    return { jobId, statusCode: 200, bytesWritten: 1 };
  }),
  addListener: () => {},
  removeListeners: () => {},
};

/** Where an asset of Metro's lies: on its server, a resource of Android's, a file of the app on iOS. */
function resolveAssetSource(id) {
  const asset = AssetRegistry.getAssetByID(id);
  if (!asset) return null;
  const inApp = `${asset.httpServerLocation}/${asset.name}.${asset.type}`;
  if (device.developing) return { uri: `http://localhost:8081${inApp}?platform=${device.os}&hash=${asset.hash}` };
  if (device.os === "android") return { uri: getAndroidResourceIdentifier(asset) };
  return { uri: `file:///var/containers/Bundle/My%20App.app${inApp}` };
}

module.exports = {
  AssetRegistry,
  Image: { resolveAssetSource },
  NativeEventEmitter: class {
    addListener() {
      return { remove() {} };
    }
  },
  NativeModules: {
    // an app that was built without it has none
    Onnxruntime: globalThis.onnxruntime && { install: globalThis.onnxruntime.install, ORT_EXTENSIONS_PATH: null },
    RNFSManager: { ...fs, RNFSCachesDirectoryPath: device.CACHES },
  },
  PixelRatio: { get: () => 2 },
  Platform: { OS: device.os, select: (kinds) => kinds[device.os] ?? kinds.default },
  TurboModuleRegistry: { get: () => fs, getEnforcing: () => fs },
};
