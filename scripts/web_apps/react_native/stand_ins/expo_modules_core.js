// What expo-asset and expo-file-system take of Expo's core, with the two native modules behind them.

const { device } = globalThis;
const pathOf = (uri) => decodeURIComponent(uri.replace(/^file:\/\//, ""));

class FileSystemFile {
  constructor(...uris) {
    this.uri = uris.join("/");
  }
  validatePath() {}
  get md5() {
    const file = device.onDisk(pathOf(this.uri));
    return file ? file.md5 : null;
  }
  bytes() {
    return device.later(() => device.bytes(pathOf(this.uri)));
  }
  text() {
    return device.later(() => device.existing(pathOf(this.uri)).text);
  }
}

const MODULES = {
  ExpoAsset: {
    downloadAsync: (uri, md5, type) => device.later(() => {
      if (uri.startsWith("file:")) return uri;
      const path = `${device.CACHES}/ExponentAsset-${md5}.${type}`;
      // what is there already is compared with the hash
      if (device.onDisk(path)?.md5 !== md5) device.copy(uri, path);
      return `file://${path}`;
    }),
  },
  FileSystem: { FileSystemFile, FileSystemDirectory: class {} },
  ExponentFileSystem: {
    getInfoAsync: (uri, { md5 }) => device.later(() => {
      const file = device.onDisk(pathOf(uri));
      return file ? { exists: true, uri, ...(md5 ? { md5: file.md5 } : {}) } : { exists: false, uri };
    }),
    readAsStringAsync: (uri, { encoding }) => device.later(() => {
      const file = device.existing(pathOf(uri));
      return encoding === "base64" ? file.base64 : file.text;
    }),
  },
};

module.exports = {
  EventEmitter: class {},
  NativeModule: class {},
  Platform: { OS: device.os },
  UnavailabilityError: class extends Error {},
  requireNativeModule: (name) => {
    if (!MODULES[name]) throw new Error(`Cannot find native module '${name}'`);
    return MODULES[name];
  },
  requireOptionalNativeModule: (name) => MODULES[name] ?? null,
  uuid: {},
};
