// Runs Jest, and prints what its test left as the last line.
const { spawnSync } = require("node:child_process");
const { readFileSync, rmSync } = require("node:fs");

rmSync("found.json", { force: true });
const { status, stdout, stderr } = spawnSync("jest", process.argv.slice(2), { encoding: "utf-8" });
if (status) {
  console.error(stdout, stderr);
  process.exit(1);
}
console.log(JSON.stringify({ ...JSON.parse(readFileSync("found.json", "utf-8")) }));
