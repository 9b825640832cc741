// A program in Hermes, the engine of React Native, and what it tells on its last line.

import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { platform } from "node:os";
import { resolve } from "node:path";

const FOLDERS = { linux: "linux64-bin", darwin: "osx-bin", win32: "win64-bin" };

/**
 * @param {Record<string, unknown>} globals what stands before the program
 * @param {...string} programs
 */
export function inHermes(globals, ...programs) {
  const hermes = resolve("node_modules/hermes-engine-cli", FOLDERS[platform()], "hermes");
  // npm brings it without the right to be run
  chmodSync(hermes, 0o755);
  const place = resolve(`program-${process.pid}.js`);
  const head = Object.entries(globals).map(([name, value]) => `var ${name} = ${JSON.stringify(value)};`);
  writeFileSync(place, [...head, ...programs].join("\n"));
  const { stdout, stderr, status } = spawnSync(hermes, ["-O", "-w", place], { encoding: "utf8", maxBuffer: 2 ** 28 });
  rmSync(place);
  const line = stdout.trim().split("\n").pop();
  if (status || !line.startsWith("{")) throw new Error(`Hermes ends with ${status}: ${stdout.slice(-1500)}${stderr.slice(-1500)}`);
  return JSON.parse(line);
}
