// An app that reads the files itself.

import { Classifier } from "smart-home";
import { Generator } from "story";

import { exercise } from "./exercise.js";

const reading = (name) => async (file) => device.bytes(`/app/node_modules/${name}/bundle/${file}`);

exercise(() => Classifier.load(reading("smart-home")), () => Generator.load(reading("story"))).then(device.tell, device.fail);
