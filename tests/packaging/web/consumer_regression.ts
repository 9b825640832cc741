// What an app writes against the types of a regression; the compiler must refuse what is marked.

import { Classifier, type Prediction } from "regression";

const classifier: Classifier = await Classifier.load();
const prediction: Prediction = await classifier.classify("a text");
export const rounded: string = prediction.value.toFixed(2);
export const kind: "regression" = classifier.manifest.problem_type;

// @ts-expect-error there is no label
console.log(prediction.label);
// @ts-expect-error nor are there several
console.log(prediction.labels);
// @ts-expect-error nor scores
console.log(prediction.scores);
