// An app that loads the package as a scenario says, and tells what came of it: `scenario` stands before it.
/* global device, disk, onnxruntime, scenario */

import { Classifier as Plain } from "tiny-model";
import { Classifier as Bare } from "tiny-model/bare";
import { Classifier as Expo } from "tiny-model/expo";

const ENTRIES = { bare: Bare, expo: Expo, plain: Plain };
const reading = async (file) => device.bytes(`/app/node_modules/tiny-model/bundle/${file}`);

async function told() {
  const Classifier = ENTRIES[scenario.entry];
  const options = { ...scenario.options, ...(scenario.reads ? { bundle: reading } : {}) };
  const found = [];
  for (let time = 0; time < (scenario.times ?? 1); time++) {
    const both = await Promise.all([Classifier.load(options), Classifier.load(options)]);
    if (scenario.classifies) await both[0].classify("light");
    const { passed, cases, failure } = await both[1].selfTest();
    found.push({ passed, cases, failure });
    await Promise.all(both.map((each) => each.dispose()));
    for (const path of scenario.spoils ? Object.keys(disk) : []) disk[path] = device.spoiled;
  }
  return { found, loaded: onnxruntime.state.loaded, copies: device.copies, disk: Object.keys(disk) };
}

told().then(device.tell, device.fail);
