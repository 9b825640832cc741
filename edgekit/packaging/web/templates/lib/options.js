// The options of a call: each one known, of the kind that it must be; what is not known is refused, not ignored.

import { ModelError } from "./errors.js";

/** @typedef {import("../index.d.ts").Source} Source */
/** @typedef {import("../index.d.ts").GeneratorOptions} LoadOptions */
/** @typedef {(value: any) => boolean} Check */

/**
 * What each option must be: in words, and whether a value is it.
 * @type {Record<string, [string, Check]>}
 */
const LOAD = {
  bundle: ["the address of a folder or a function that reads a file", (value) => isAddress(value) || typeof value === "function"],
  wasmPaths: ["an address, or addresses as { mjs, wasm }", isPaths],
  threads: ["a whole number from 1 on", isPositive],
  worker: ["true or false, the address of a worker's script, or a worker", isWorker],
};
/** @type {typeof LOAD} */
const LOAD_GENERATOR = { ...LOAD, context: ["a whole number from 1 on", isPositive] };
/** @type {typeof LOAD} */
const GENERATE = {
  maxTokens: ["a whole number from 1 on", isPositive],
  temperature: ["a number", isNumber],
  topK: ["a number", isNumber],
  topP: ["a number", isNumber],
  seed: ["a number", isNumber],
  stop: ["a string or an array of strings", (value) => [value].flat().every((each) => typeof each === "string")],
  contextFull: ['"stop" or "slide"', (value) => value === "stop" || value === "slide"],
  onToken: ["a function", (value) => typeof value === "function"],
  signal: ["an AbortSignal", (value) => typeof value?.aborted === "boolean"],
};

/**
 * The options of `load`: behind a source, or all in one object.
 * @param {Source | LoadOptions | undefined} first
 * @param {LoadOptions | undefined} second
 * @param {import("../index.d.ts").Manifest["task"]} task
 * @returns {LoadOptions}
 */
export function loadOptions(first, second, task) {
  const known = task === "text-generation" ? LOAD_GENERATOR : LOAD;
  if (isObject(first)) {
    if (second !== undefined) throw new ModelError("invalid", "load takes its options once", "put all of them in one object");
    return checked("load", first, known);
  }
  const { bundle, ...rest } = checked("load", second, known);
  if (first !== undefined && bundle !== undefined) {
    throw new ModelError("invalid", "load was told twice where the bundle lies", "leave one of them out");
  }
  return checked("load", { ...rest, bundle: first === undefined ? bundle : first }, known);
}

/**
 * @param {import("../index.d.ts").GenerateOptions | undefined} options
 * @returns {import("../index.d.ts").GenerateOptions}
 */
export const generateOptions = (options) => checked("generate", options, GENERATE);

/**
 * The options that are given, undefined ones left out. Throws for one that is not known or of another kind.
 * @param {string} call
 * @param {any} options
 * @param {typeof LOAD} known
 */
function checked(call, options, known) {
  if (options === undefined) return {};
  if (!isObject(options)) throw new ModelError("invalid", `the options of ${call} must be an object, not ${shown(options)}`);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(known, name)) throw new ModelError("invalid", `${call} has no option ${name}`, advice(name, Object.keys(known)));
    const [kind, isOfKind] = known[name];
    if (!isOfKind(value)) throw new ModelError("invalid", `${name} must be ${kind}, not ${shown(value)}`);
  }
  return Object.fromEntries(given);
}

/**
 * The name that was meant, where one is near; else all there are.
 * @param {string} name
 * @param {string[]} known
 */
function advice(name, known) {
  const [nearest] = known.map((each) => ({ each, edits: distance(name.toLowerCase(), each.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  if (nearest.edits <= Math.max(2, Math.floor(name.length / 3))) return `did you mean ${nearest.each}?`;
  return `it has ${known.slice(0, -1).join(", ")} and ${known[known.length - 1]}`;
}

/**
 * The Levenshtein distance: insertions, deletions and substitutions of characters.
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [line, character] of [...one].entries()) {
    const next = [line + 1];
    for (let place = 0; place < other.length; place++) {
      const replaced = row[place] + (other[place] === character ? 0 : 1);
      next.push(Math.min(replaced, row[place + 1] + 1, next[place] + 1));
    }
    row = next;
  }
  return row[other.length];
}

/** @param {any} value */
function isObject(value) {
  if (typeof value !== "object" || value === null || isAddress(value)) return false;
  // of a Map or an app's own class, what it holds is not in its properties; an object of another realm has its own prototype
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @param {any} value */
function isAddress(value) {
  // by its parts, as a page's own URL is of another class than that of a frame, of jsdom or of React Native
  return (typeof value === "string" && value !== "") || (typeof value === "object" && typeof value?.href === "string");
}

/** @param {any} value */
function isPaths(value) {
  const isPath = (/** @type {[string, any]} */ [name, path]) => (
    ["mjs", "wasm"].includes(name) && (path === undefined || isAddress(path))
  );
  return isAddress(value) || (isObject(value) && Object.entries(value).every(isPath));
}

/** @param {any} value */
function isPositive(value) {
  return Number.isInteger(value) && value > 0;
}

/** @param {any} value */
function isWorker(value) {
  return typeof value === "boolean" || isAddress(value) || typeof value?.postMessage === "function";
}

/** @param {any} value */
function isNumber(value) {
  return typeof value === "number";
}

/** @param {any} value */
function shown(value) {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  const name = typeof value === "object" && Object.getPrototypeOf(value)?.constructor?.name;
  return `a ${name && name !== "Object" ? name : typeof value}`;
}
