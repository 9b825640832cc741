import { Classifier } from "smart-home";
import { checked } from "./check.js";

checked(() => Classifier.load()).then((found) => console.log(JSON.stringify(found)));
