// Makes of the tokenizer's modules the program that Hermes runs, by Metro; in a folder with a copy of the app's scripts.

import { bundled } from "./bundling.mjs";

await bundled("hermes_entry.js", "metro.config.bare.js", "android");
