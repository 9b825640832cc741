// Named and never run: what a server needs of this package beside its code, for tools that copy into a deployment only the
// files that they see used (nft: Nitro, Nuxt, Vercel). Nothing that a bundler follows leads here.

import { createRequire } from "node:module";

import "./node_worker.js";

const require = createRequire(import.meta.url);
require("onnxruntime-node");

export const FILES = [
@@TRACED@@
];
