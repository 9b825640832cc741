// Where this package lies in Node, and how it takes what lies beside it; cjs/node_runtime.js is the same for CommonJS.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

// bundlers that compile for a server follow neither: no address is made of it, and what is imported has its name at run time
export const FOLDER = dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} name
 * @returns {Promise<any>}
 */
export const imported = (name) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
