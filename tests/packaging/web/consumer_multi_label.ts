// What an app writes against the types of a multi-label model; the compiler must refuse what is marked.

import { Classifier, type Prediction } from "multi-label";

const classifier: Classifier = await Classifier.load();
const prediction: Prediction = await classifier.classify("a text");
export const labels: string[] = prediction.labels.map((label) => label.toUpperCase());
export const best: number = Math.max(...prediction.scores.map((each) => each.score));
export const first: number | undefined = classifier.thresholds[0];
export const kind: "multi_label_classification" = classifier.manifest.problem_type;

// @ts-expect-error there is no single label
console.log(prediction.label);
// @ts-expect-error nor its score
console.log(prediction.score);
// @ts-expect-error nor a number
console.log(prediction.value);
