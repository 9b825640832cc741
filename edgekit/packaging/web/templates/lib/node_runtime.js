// Where this package lies in Node, and how it takes what lies beside it; cjs/node_runtime.js is the same for CommonJS.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// bundlers that compile for a server follow neither: no address is made of it, and what is imported has its name at run time
export const FOLDER = folder();

function folder() {
  const { url } = import.meta;
  if (url) return dirname(fileURLToPath(url));
  // a bundler has made CommonJS of this
  return typeof __dirname === "string" ? __dirname : dirname(process.argv[1] ?? "");
}

/** Never called: tools that copy what a server needs find `traced.js` by it, which names the rest. */
export function traced() {
  return join(dirname(fileURLToPath(import.meta.url)), "traced.js");
}

/**
 * @param {string} name
 * @returns {Promise<any>}
 */
export const imported = (name) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
