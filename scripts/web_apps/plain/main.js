import { Classifier } from "smart-home";
import { check } from "./check.js";

check({ worker: () => Classifier.load({ worker: true }), page: () => Classifier.load() });
