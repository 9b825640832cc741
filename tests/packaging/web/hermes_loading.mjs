// Bundles `hermes_loading.js` by Metro, runs it in Hermes for each scenario, and prints what each tells:
// `hermes_loading.mjs SCENARIOS`, in a folder with a copy of the app's scripts.

import { readFileSync } from "node:fs";

import { bundled } from "./bundling.mjs";
import { files, recorded } from "./phone.mjs";
import { inHermes } from "./running.mjs";

const { expected, runs } = await recorded(async () => {
  const { Classifier } = await import("tiny-model");
  const classifier = await Classifier.load();
  return classifier.selfTest();
});
const KINDS = {
  current: { lacks: ["react-native-fs"] },
  old: { isOld: true },
  bare: { lacks: ["react-native-fs", "@dr.pogodin/react-native-fs", "onnxruntime-react-native"] },
};
const programs = {};
for (const [kind, options] of Object.entries(KINDS)) {
  programs[kind] = await bundled("hermes_loading.js", "metro.config.bare.js", "android", options);
}
const device = readFileSync("stand_ins/device.js", "utf8");
const answers = JSON.parse(process.argv[2]).map((scenario) => {
  const { os = "android", developing = false, broken = [], before = "", app = "current" } = scenario;
  const globals = { files: files(["tiny-model"], broken), runs, os, developing, scenario };
  return inHermes(globals, device, before, programs[app]);
});
console.log(JSON.stringify({ cases: expected.cases, answers }));
