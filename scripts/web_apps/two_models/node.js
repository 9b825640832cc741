import { Classifier } from "smart-home";
import { Generator } from "story";
import { checked } from "./check.js";
import { twoModels } from "./two.js";

console.log(JSON.stringify(await checked(() => twoModels(() => Classifier.load(), () => Generator.load()))));
