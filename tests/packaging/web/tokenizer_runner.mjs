// The web package's tokenizer for the parity tests: `tokenizer_runner.mjs tokenizer.json MAX_LENGTH < texts > ids`.

import { readFileSync, writeSync } from "node:fs";

import { Tokenizer } from "../../../edgekit/packaging/web/templates/lib/tokenizer/tokenizer.js";

const [path, maxLength] = process.argv.slice(2);
const tokenizer = new Tokenizer(JSON.parse(readFileSync(path, "utf8")), Number(maxLength));
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const said = JSON.parse(line);
  const { ids } = Array.isArray(said) ? tokenizer.encode(said[0], said[1]) : tokenizer.encode(said);
  const bytes = Buffer.from(`${JSON.stringify(ids)}\n`);
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}
