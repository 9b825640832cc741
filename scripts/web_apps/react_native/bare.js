// The app without Expo: both packages read their own files.

import { Classifier } from "smart-home/bare";
import { Generator } from "story/bare";

import { exercise } from "./exercise.js";

exercise(() => Classifier.load(), () => Generator.load({ threads: 2 })).then(device.tell, device.fail);
