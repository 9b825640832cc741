import { Classifier } from "smart-home";
import { checked } from "../../check.js";

export default defineEventHandler(() => checked(() => Classifier.load()));
