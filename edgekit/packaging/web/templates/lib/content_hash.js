// The content hash of a bundle: over its files, and over every fact of its manifest that decides an answer.

import { sha256 } from "./sha256.js";
import { encodeUtf8 } from "./utf8.js";

/** @typedef {import("../index.d.ts").Manifest} Manifest */

// of single-label classifiers and language models; of models whose logits mean something else
export const FORMAT_VERSION = 2;
export const HEAD_FORMAT_VERSION = 3;
const FACTS = [
  "task", "format", "model_file", "scheme", "target", "target_facts", "runtime", "family", "labels", "max_length",
  "lengths", "inputs", "outputs", "pad_id", "generation", "parity", "plan", "blocks",
];
// beside these, in format 3
const HEAD_FACTS = ["problem_type", "thresholds"];

/**
 * @param {Manifest} manifest
 * @returns {Promise<string>} in hexadecimal digits
 */
export async function contentHash(manifest) {
  const names = Object.keys(manifest.files).sort(byCodePoint);
  const lines = names.map((name) => {
    const { sha256: hash, bytes, runtime } = manifest.files[name] ?? {};
    return `${name}\0${hash}\0${bytes}\0${runtime ? 1 : 0}\n`;
  });
  const keys = manifest.format_version === HEAD_FORMAT_VERSION ? [...FACTS, ...HEAD_FACTS] : FACTS;
  const facts = Object.fromEntries(keys.map((key) => [key, Object.hasOwn(manifest, key) ? manifest[key] : null]));
  return sha256(encodeUtf8(lines.join("") + canonical(facts)));
}

/**
 * One way to write a JSON value: a number as the digits of its double, a text behind its length in UTF-8, the keys of
 * an object in order.
 * @param {any} value
 * @returns {string}
 */
export function canonical(value) {
  if (value === null) return "n";
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "number") return `d${double(value)}`;
  if (typeof value === "string") return `s${encodeUtf8(value).length}:${value}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join("")}]`;
  return `{${Object.keys(value).sort(byCodePoint).map((key) => canonical(key) + canonical(value[key])).join("")}}`;
}

/** @param {number} value */
function double(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value + 0);
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
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
