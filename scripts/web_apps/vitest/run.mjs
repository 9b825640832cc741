// Runs Vitest, and prints what its test left as the last line.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

rmSync("found.json", { force: true });
const { status, stdout, stderr } = spawnSync("vitest", ["run", ...process.argv.slice(2)], { encoding: "utf-8" });
if (status) {
  console.error(stdout, stderr);
  process.exit(1);
}
console.log(readFileSync("found.json", "utf-8"));
