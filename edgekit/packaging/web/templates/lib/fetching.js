// Files by `fetch`, from a folder that has an address.

import { ModelError } from "./errors.js";

/**
 * @param {string | URL} folder
 * @returns {import("../index.d.ts").ReadFile}
 */
export function fetching(folder) {
  const address = String(folder).replace(/\/?$/, "/");
  return async (name) => {
    const path = name.split("/").map(encodeURIComponent).join("/");
    const response = await fetch(address + path).catch((error) => {
      throw new ModelError("missing", `${address + path} cannot be fetched: ${error.message}`);
    });
    if (!response.ok) throw new ModelError("missing", `${address + path} cannot be fetched: status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
}
