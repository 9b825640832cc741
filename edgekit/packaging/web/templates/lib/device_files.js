// A bundle's files on a device with React Native, shipped with the app or in a folder: hashed and read natively.

import { ModelError } from "./errors.js";

/**
 * A file as an app ships it, and what edgekit knew of it when it wrote this package.
 * @typedef {{ module: number, md5: string, sha256: string }} Asset
 */
/**
 * What a library of native modules offers.
 * @typedef {object} Device
 * @property {"md5" | "sha256"} algorithm the hash that it computes natively
 * @property {(asset: Asset, name: string) => Promise<string>} bring gives the path of a file
 * @property {(path: string) => Promise<string | null>} hash in hexadecimal digits; null for no file
 * @property {(path: string) => Promise<string>} sha256 which not every one computes natively
 * @property {(path: string) => Promise<string>} text
 */

/** Those that the app ships. */
export class DeviceFiles {
  /**
   * @param {Record<string, Asset>} assets
   * @param {Device} device
   */
  constructor(assets, device) {
    this.assets = assets;
    this.device = device;
  }

  /**
   * The text of a file.
   * @param {string} name
   * @param {string | null} sha256 as the manifest has it; of the manifest itself nobody knows one
   */
  async text(name, sha256) {
    const path = await this.checked(name, sha256);
    return told(name, () => this.device.text(path));
  }

  /**
   * The path of a model, which onnxruntime reads itself: no copy of it passes through JavaScript.
   * @param {string} name
   * @param {string} sha256
   */
  model(name, sha256) {
    return this.checked(name, sha256);
  }

  /**
   * @private
   * @param {string} name
   * @param {string | null} sha256
   */
  async checked(name, sha256) {
    const asset = Object.hasOwn(this.assets, name) ? this.assets[name] : null;
    if (!asset) throw new ModelError("missing", `this package has no ${name} for React Native`, "make it again: edgekit package");
    const path = await told(name, () => this.device.bring(asset, name));
    const found = await told(name, () => this.device.hash(path));
    if (found === null) throw new ModelError("missing", `${name} cannot be read on this device: there is no ${path}`);
    const { algorithm } = this.device;
    if (found !== asset[algorithm]) differs(name, algorithm, found, asset[algorithm]);
    if (sha256 !== null && sha256 !== asset.sha256) differs(name, "sha256", asset.sha256, sha256);
    return path;
  }
}

/** Those of a folder, as an app that fetches its model has it. */
export class FolderFiles {
  /**
   * @param {string} folder its path or `file:` address
   * @param {Device} device
   */
  constructor(folder, device) {
    this.folder = pathOf(folder).replace(/\/$/, "");
    this.device = device;
  }

  /**
   * The text of a file.
   * @param {string} name
   * @param {string | null} sha256
   */
  async text(name, sha256) {
    const path = await this.model(name, sha256);
    return told(name, () => this.device.text(path));
  }

  /**
   * The path of a file.
   * @param {string} name
   * @param {string | null} sha256
   */
  async model(name, sha256) {
    const path = `${this.folder}/${name}`;
    const found = sha256 === null ? null : await told(name, () => this.device.sha256(path));
    if (found !== null && found !== sha256) differs(name, "sha256", found, String(sha256));
    return path;
  }
}

/**
 * What a native module gives, its errors as those of a file that is missing.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} task
 */
async function told(name, task) {
  try {
    return await task();
  } catch (error) {
    throw new ModelError("missing", `${name} cannot be read on this device: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {string} name
 * @param {string} algorithm
 * @param {string} found
 * @param {string} expected
 * @returns {never}
 */
function differs(name, algorithm, found, expected) {
  throw new ModelError(
    "tampered", `${name} is not the file of the manifest: ${algorithm} ${found}, expected ${expected}`,
    "install the package again, and build the app anew",
  );
}

/**
 * The path of a `file:` address, as onnxruntime and file systems take it.
 * @param {string} address
 */
export const pathOf = (address) => (
  address.startsWith("file:") ? decodeURIComponent(address.replace(/^file:\/*(?=\/)/, "")) : address
);
