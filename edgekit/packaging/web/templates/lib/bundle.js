// Opening a bundle: its manifest, and each file that is read checked against the hash there.

import { FORMAT_VERSION, HEAD_FORMAT_VERSION, contentHash } from "./content_hash.js";
import { ModelError } from "./errors.js";
import { headFault } from "./head.js";
import { ReadFiles } from "./read_files.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */
/**
 * Where the files of a bundle are read, each against its sha256.
 * @typedef {object} Files
 * @property {(name: string, sha256: string | null) => Promise<string>} text
 * @property {(name: string, sha256: string) => Promise<Uint8Array | string>} model
 */

const MOST = 2 ** 31 - 1;
const KINDS = /** @type {const} */ ({
  task: "string", model_file: "string", labels: "array", max_length: "count", pad_id: "count", inputs: "array",
  files: "object", content_hash: "string",
});

export class Bundle {
  /**
   * @param {Manifest} manifest
   * @param {Files} files
   */
  constructor(manifest, files) {
    this.manifest = manifest;
    this.files = files;
  }

  /** The model as onnxruntime takes it: its bytes, or the path of its file. */
  model() {
    return this.files.model(this.manifest.model_file, this.hash(this.manifest.model_file));
  }

  /**
   * @param {string} name
   * @returns {Promise<string>}
   */
  async text(name) {
    return this.files.text(name, this.hash(name));
  }

  /**
   * The sha256 of a file, as the manifest means it.
   * @private
   * @param {string} name
   */
  hash(name) {
    const entry = Object.hasOwn(this.manifest.files, name) ? this.manifest.files[name] : null;
    if (!entry) throw new ModelError("invalid", `the manifest lists no hash of ${name}`);
    return entry.sha256;
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
 * @param {import("../index.d.ts").ReadFile | Files} source
 * @param {Manifest["task"]} task
 * @returns {Promise<Bundle>}
 */
export async function openBundle(source, task) {
  const files = typeof source === "function" ? new ReadFiles(source) : source;
  const manifest = parsed(await files.text("manifest.json", null));
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
  checkFacts(manifest);
  await checkContentHash(manifest);
  if (manifest.task !== task) {
    const other = task === "text-classification" ? "Generator" : "Classifier";
    throw new ModelError("task", `this model is for ${manifest.task}, not for ${task}`, `load it with ${other}.load`);
  }
  const fault = headFault(manifest);
  if (fault) throw new ModelError("invalid", `manifest.json: ${fault}`, "install the package again");
  if (!manifest.model_file.endsWith(".onnx")) {
    throw new ModelError("unsupported", `${manifest.model_file} is no ONNX file`, "edgekit export --format onnx");
  }
  return new Bundle(manifest, files);
}

/** @param {string} text */
function parsed(text) {
  try {
    const manifest = JSON.parse(text);
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

/**
 * What every answer, and its proof, rests on.
 * @param {Manifest} manifest
 */
function checkFacts({ labels, parity }) {
  if (!labels.every((label) => typeof label === "string") || new Set(labels).size < labels.length) {
    throw new ModelError("invalid", "manifest.json: labels must be texts, each one once", "install the package again");
  }
  const tolerances = [parity?.atol ?? 0, parity?.rtol ?? 0];
  if (!tolerances.every((each) => typeof each === "number" && each >= 0 && each < MOST)) {
    throw new ModelError("invalid", "manifest.json: parity: atol and rtol must be numbers from 0 on", "install the package again");
  }
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
