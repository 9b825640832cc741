import { Classifier, type LoadOptions, type Prediction } from "smart-home";

// an option that an app has read from somewhere may be undefined
const chosen: number | undefined = process.env["THREADS"] ? Number(process.env["THREADS"]) : undefined;
const options: LoadOptions = { threads: chosen };
const classifier = await Classifier.load(undefined, options);
const prediction: Prediction = await classifier.classify("turn on the light", undefined);
const { passed, cases, failure } = await classifier.selfTest();
await classifier.dispose();
console.log(JSON.stringify({ label: prediction.label, passed, cases, failure }));
