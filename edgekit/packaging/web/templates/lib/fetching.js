// Files by `fetch`, from wherever each has its address.

import { ModelError } from "./errors.js";

/**
 * @param {(name: string) => string} addressOf
 * @returns {import("../index.d.ts").ReadFile}
 */
export const fetching = (addressOf) => async (name) => {
  const address = addressOf(name);
  const response = await fetch(address).catch((error) => {
    throw new ModelError("missing", `${address} cannot be fetched: ${error.message}`);
  });
  if (!response.ok) throw new ModelError("missing", `${address} cannot be fetched: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

/**
 * The addresses of the files in a folder.
 * @param {string | URL} folder
 */
export const inFolder = (folder) => (/** @type {string} */ name) => (
  String(folder).replace(/\/?$/, "/") + name.split("/").map(encodeURIComponent).join("/")
);
