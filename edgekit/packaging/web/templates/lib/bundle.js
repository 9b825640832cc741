// Opening a bundle: its manifest, and each file that is read held against the hash there.

import { ModelError } from "./errors.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/** @typedef {import("../index.d.ts").ReadFile} ReadFile */

const FORMAT_VERSION = 1;
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
    return new TextDecoder("utf-8", { fatal: true }).decode(await this.bytes(name));
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
  if (manifest.format_version !== FORMAT_VERSION) {
    throw new ModelError("invalid", `manifest.json has format version ${manifest.format_version}, not ${FORMAT_VERSION}`);
  }
  for (const [key, kind] of Object.entries(KINDS)) {
    if (!isOf(kind, manifest[key])) throw new ModelError("invalid", `manifest.json: ${key} is missing or is no ${kind}`);
  }
  await checkContentHash(manifest);
  if (manifest.task !== task) {
    const other = task === "text-classification" ? "Generator" : "Classifier";
    throw new ModelError("task", `this model is for ${manifest.task}, not for ${task}`, `load it with ${other}.load`);
  }
  if (!manifest.model_file.endsWith(".onnx")) {
    throw new ModelError("unsupported", `${manifest.model_file} is no ONNX file`, "edgekit export --format onnx");
  }
  return new Bundle(manifest, read);
}

/** @param {Uint8Array} bytes */
function parsed(bytes) {
  try {
    const manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isOf("object", manifest)) return manifest;
  } catch (error) {
    throw new ModelError("invalid", `manifest.json cannot be read: ${error}`);
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
  const names = Object.keys(manifest.files).sort(byCodePoint);
  const lines = names.map((name) => {
    const { sha256: hash, bytes, runtime } = manifest.files[name] ?? {};
    return `${name}\0${hash}\0${bytes}\0${runtime ? 1 : 0}\n`;
  });
  if ((await sha256(new TextEncoder().encode(lines.join("")))) !== manifest.content_hash) {
    throw new ModelError("tampered", "content_hash in manifest.json does not follow from the files listed there");
  }
}

/**
 * The order of Python and of bytes, which UTF-16 does not keep.
 * @param {string} one
 * @param {string} other
 */
function byCodePoint(one, other) {
  const [left, right] = [one, other].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const place = left.findIndex((code, at) => code !== right[at]);
  return place < 0 ? left.length - right.length : left[place] - (right[place] ?? -1);
}
