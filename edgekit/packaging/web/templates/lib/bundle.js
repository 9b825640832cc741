// Opening a bundle: its manifest, and each file that is read checked against the hash there.

import { FORMAT_VERSION, HEAD_FORMAT_VERSION, contentHash } from "./content_hash.js";
import { ModelError } from "./errors.js";
import { headFault } from "./head.js";
import { sha256 } from "./sha256.js";
import { decodeUtf8Strictly } from "./utf8.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("../index.d.ts").ReadFile} ReadFile */

const MOST = 2 ** 31 - 1;
const KINDS = /** @type {const} */ ({
  task: "string", model_file: "string", labels: "array", max_length: "count", pad_id: "count", inputs: "array",
  files: "object", content_hash: "string",
});

export class Bundle {
  /**
   * @param {Manifest} manifest
   * @param {ReadFile} read
   */
  constructor(manifest, read) {
    this.manifest = manifest;
    this.read = read;
  }

  /**
   * The bytes of a file, which are those that the manifest means.
   * @param {string} name
   * @returns {Promise<Uint8Array>}
   */
  async bytes(name) {
    const entry = Object.hasOwn(this.manifest.files, name) ? this.manifest.files[name] : null;
    if (!entry) throw new ModelError("invalid", `the manifest lists no hash of ${name}`);
    const bytes = await this.read(name);
    const found = await sha256(bytes);
    if (found !== entry.sha256) {
      throw new ModelError(
        "tampered", `${name} is not the file of the manifest: sha256 ${found}, expected ${entry.sha256}`,
        "install the package again",
      );
    }
    return bytes;
  }

  /**
   * @param {string} name
   * @returns {Promise<string>}
   */
  async text(name) {
    const bytes = await this.bytes(name);
    try {
      return decodeUtf8Strictly(bytes);
    } catch (error) {
      throw new ModelError("invalid", `${name} cannot be read: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<any>}
   */
  async json(name) {
    return JSON.parse(await this.text(name));
  }

  /**
   * The golden cases: texts, and what any runtime must make of them.
   * @returns {Promise<any[]>}
   */
  async golden() {
    const lines = (await this.text("golden.jsonl")).split("\n").filter((line) => line.trim());
    return lines.map((line) => JSON.parse(line));
  }
}

/**
 * Read the manifest. Throws for one that is damaged, of another format or for another task.
 * @param {ReadFile} read
 * @param {Manifest["task"]} task
 * @returns {Promise<Bundle>}
 */
export async function openBundle(read, task) {
  const manifest = parsed(await read("manifest.json"));
  if (manifest.format_version === 1) {
    throw new ModelError("invalid", "manifest.json is of an older format", "export the bundle again: edgekit export");
  }
  if (![FORMAT_VERSION, HEAD_FORMAT_VERSION].includes(manifest.format_version)) {
    const known = `${FORMAT_VERSION} or ${HEAD_FORMAT_VERSION}`;
    throw new ModelError("invalid", `manifest.json has format version ${manifest.format_version}, not ${known}`);
  }
  for (const [key, kind] of Object.entries(KINDS)) {
    if (!isOf(kind, manifest[key])) throw new ModelError("invalid", `manifest.json: ${key} is missing or is no ${kind}`);
  }
  await checkContentHash(manifest);
  if (manifest.task !== task) {
    const other = task === "text-classification" ? "Generator" : "Classifier";
    throw new ModelError("task", `this model is for ${manifest.task}, not for ${task}`, `load it with ${other}.load`);
  }
  const fault = task === "text-classification" ? headFault(manifest) : null;
  if (fault) throw new ModelError("invalid", `manifest.json: ${fault}`, "install the package again");
  if (!manifest.model_file.endsWith(".onnx")) {
    throw new ModelError("unsupported", `${manifest.model_file} is no ONNX file`, "edgekit export --format onnx");
  }
  return new Bundle(manifest, read);
}

/** @param {Uint8Array} bytes */
function parsed(bytes) {
  try {
    const manifest = JSON.parse(decodeUtf8Strictly(bytes));
    if (isOf("object", manifest)) return manifest;
  } catch (error) {
    throw new ModelError("invalid", `manifest.json cannot be read: ${/** @type {Error} */ (error).message}`);
  }
  throw new ModelError("invalid", "manifest.json must hold an object");
}

/**
 * @param {string} kind
 * @param {any} value
 */
function isOf(kind, value) {
  if (kind === "array") return Array.isArray(value);
  if (kind === "count") return Number.isInteger(value) && value >= 0 && value <= MOST;
  return typeof value === kind && value !== null && !Array.isArray(value);
}

/** @param {Manifest} manifest */
async function checkContentHash(manifest) {
  if ((await contentHash(manifest)) !== manifest.content_hash) {
    throw new ModelError(
      "tampered", "manifest.json was changed: its content_hash does not follow from what it says",
      "install the package again",
    );
  }
}
