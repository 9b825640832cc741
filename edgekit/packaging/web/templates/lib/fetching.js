// Files by their addresses, wherever each lies.

import { decodeBase64 } from "./base64.js";
import { ModelError } from "./errors.js";
import { encodeUtf8 } from "./utf8.js";

const ADVICE = "say where the files lie: load({ bundle: \"...\" })";

/**
 * @param {(name: string) => string} addressOf
 * @returns {import("../index.d.ts").ReadFile}
 */
export const fetching = (addressOf) => async (name) => {
  const address = addressOf(name);
  if (address.startsWith("data:")) return inlined(address);
  const response = await fetch(address).catch((error) => {
    throw new ModelError("missing", `${address} cannot be fetched: ${error.message}`, ADVICE);
  });
  if (!response.ok) throw new ModelError("missing", `${address} cannot be fetched: status ${response.status}`, ADVICE);
  // servers of single-page apps answer with the page for what they do not have
  if (response.headers.get("content-type")?.startsWith("text/html")) {
    throw new ModelError("missing", `${address} is a page and not the file ${name}: the server does not have it`, ADVICE);
  }
  const content = await response.arrayBuffer().catch((error) => {
    throw new ModelError("missing", `${address} cannot be fetched to its end: ${error.message}`, ADVICE);
  });
  return new Uint8Array(content);
};

/**
 * The addresses of the files in a folder.
 * @param {string | URL} folder
 */
export const inFolder = (folder) => (/** @type {string} */ name) => (
  String(folder).replace(/\/?$/, "/") + name.split("/").map(encodeURIComponent).join("/")
);

/**
 * The bytes within an address, where a bundler puts small files; a page's security policy may keep it from fetching such.
 * @param {string} address
 */
function inlined(address) {
  const comma = address.indexOf(",");
  const data = decodeURIComponent(address.slice(comma + 1));
  const bytes = address.slice(0, comma).endsWith(";base64") ? decodeBase64(data) : encodeUtf8(data);
  if (!bytes) throw new ModelError("invalid", `${address.slice(0, 40)} is no address of data`);
  return bytes;
}
