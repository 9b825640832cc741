// Test runners run an app in a realm of its own, as Jest does, or beside a page's classes: neither has Node's typed arrays.

import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { runInThisContext } from "node:vm";

const node = runInThisContext("globalThis");
const ARRAYS = [
  "Int8Array", "Uint8Array", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array",
  "Float32Array", "Float64Array",
];

/**
 * A package as Node itself requires it, in Node's own realm; undefined where this code runs there anyway.
 * @param {string} name
 * @param {string} folder the one that it is looked for from
 * @returns {any}
 */
export function requiredByNode(name, folder) {
  if (node === globalThis) return undefined;
  return node.process.getBuiltinModule?.("module").createRequire(join(folder, "index.js"))(name);
}

/**
 * Bytes as the Uint8Array that a package of Node's realm knows, which a page's classes may stand in for there.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function knownToNode(bytes) {
  if (bytes instanceof node.Uint8Array) return bytes;
  return node === globalThis
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : node.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Load a package that keeps the typed arrays it finds, as onnxruntime does, while Node's own are in place of a page's.
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function withNodesArrays(load) {
  /** @type {Record<string, any>} */
  const found = globalThis;
  const before = ARRAYS.map((name) => /** @type {const} */ ([name, found[name]]));
  for (const [name, made] of before) found[name] = deserialize(serialize(new made(0))).constructor;
  try {
    return await load();
  } finally {
    for (const [name, made] of before) found[name] = made;
  }
}
