// Bundles an app of this folder by Metro, runs it in Hermes on a stand-in for a phone, and compares it with Node.
// node check.mjs expo|bare|reading android|ios [--old] [--developing] [--break=PACKAGE/FOLDER/FILE=missing|changed]

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { exercise } from "./exercise.js";
import { bundled } from "./bundling.mjs";
import { files, recorded } from "./phone.mjs";
import { inHermes } from "./running.mjs";

const [app, os, ...flags] = process.argv.slice(2);
const developing = flags.includes("--developing");
const broken = flags.filter((flag) => flag.startsWith("--break=")).map((flag) => flag.slice("--break=".length));

const { expected, runs } = await recorded(async () => {
  const [{ Classifier }, { Generator }] = await Promise.all(["smart-home", "story"].map((name) => import(name)));
  return exercise(() => Classifier.load(), () => Generator.load());
});
const shipped = files(["smart-home", "story"], broken);
const settings = app === "expo" ? "metro.config.expo.js" : "metro.config.bare.js";
const program = await bundled(`${app}.js`, settings, os, { isOld: flags.includes("--old") });
const globals = { files: shipped, runs, os, developing };
const found = inHermes(globals, readFileSync(resolve("stand_ins/device.js"), "utf8"), program);
const { firstMs, ...told } = found;
if (!found.failure && JSON.stringify(told.found) !== JSON.stringify(expected.found)) {
  console.log(JSON.stringify({ failure: `Hermes answers ${JSON.stringify(told.found)}, Node ${JSON.stringify(expected.found)}` }));
} else {
  console.log(JSON.stringify({ ...told, firstMs, found: undefined }));
}
