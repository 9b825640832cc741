import { Classifier } from "smart-home";
import { checked } from "./check.js";

console.log(JSON.stringify(await checked(() => Classifier.load())));
