import { Classifier } from "smart-home";
import { Generator } from "story";
import { check } from "./check.js";
import { twoModels } from "./two.js";

const inWorkers = { worker: true };
check({
  worker: () => twoModels(() => Classifier.load(inWorkers), () => Generator.load(inWorkers)),
  page: () => twoModels(() => Classifier.load(), () => Generator.load()),
  both: () => twoModels(() => Classifier.load(inWorkers), () => Generator.load()),
});
