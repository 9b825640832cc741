// Runs the golden cases of this package in Node: `node self-test.js`. Ends with 1 where one differs.

import { readFile } from "node:fs/promises";

import { Classifier, Generator } from "./lib/node.js";

const manifest = JSON.parse(await readFile(new URL("bundle/manifest.json", import.meta.url), "utf8"));
const model = await (manifest.task === "text-generation" ? Generator : Classifier).load();
const { cases, passed, maxDifference, failure, unreached } = await model.selfTest();
const { length } = manifest.problem_type === "regression" ? [] : manifest.labels;
console.log(`${passed} of ${cases} golden cases equal; largest difference of a logit ${maxDifference.toPrecision(2)}`);
if (length) console.log(`${length - unreached.length} of ${length} labels are reached by golden texts`);
if (unreached.length) console.log(`not reached: ${unreached.join(", ")}`);
if (failure) {
  console.error(failure);
  process.exitCode = 1;
}
