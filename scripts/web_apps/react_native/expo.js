// The app in Expo: both packages read their own files.

import { Classifier } from "smart-home/expo";
import { Generator } from "story/expo";

import { exercise } from "./exercise.js";

exercise(() => Classifier.load(), () => Generator.load({ threads: 2 })).then(device.tell, device.fail);
