// The tokenizer in Hermes for the parity tests: `hermes_runner.mjs tokenizer.json MAX_LENGTH < texts > ids`.

import { readFileSync, writeSync } from "node:fs";
import { resolve } from "node:path";

import { inHermes } from "./running.mjs";

const [path, maxLength] = process.argv.slice(2);
const tokenizerJson = readFileSync(path, "utf8");
const texts = readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
process.chdir(import.meta.dirname);
const program = readFileSync(resolve("built-android-hermes_entry.js"), "utf8");
const { rows, failure } = inHermes({ tokenizerJson, maxLength: Number(maxLength), texts }, program);
if (failure) {
  console.error(failure);
  process.exit(1);
}
const bytes = Buffer.from(rows.map((ids) => `${JSON.stringify(ids)}\n`).join(""));
for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
