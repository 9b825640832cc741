import { Classifier } from "smart-home";
import { check } from "./check.js";

check({ worker: () => Classifier.load({ worker: "/dist/worker.js" }), page: () => Classifier.load() });
