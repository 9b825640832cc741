// What an app writes against the package's types; the compiler must take it, and refuse what is marked.

import { Classifier, type Generated, Generator, ModelError, type Prediction, type ReadFile } from "tiny-model";

const read: ReadFile = async (name) => new TextEncoder().encode(name);
const classifier: Classifier = await Classifier.load(read, { threads: 2 });
const prediction: Prediction = await classifier.classify("a text", "its pair");
export const label: string = prediction.label.toUpperCase();
export const best: number = Math.max(...prediction.scores.map((each) => each.score), prediction.score);

const generator = await Generator.load("/models/tiny/", { context: 64 });
const done: Generated = await generator.generate("a prompt", { stop: "end", onToken: (piece) => console.log(piece.length) });
export const ended: "eos" | "stop" | "length" | "context" | "cancelled" = done.finish;

try {
  await classifier.selfTest();
} catch (error) {
  if (error instanceof ModelError && error.code === "tampered") await classifier.dispose();
}

declare const asked: number | undefined;
await Classifier.load({ threads: asked, bundle: undefined, worker: true, wasmPaths: { mjs: new URL("https://example.com/a.mjs") } });
await Classifier.load({ worker: new Worker("/worker.js", { type: "module" }), wasmPaths: "/onnxruntime/" });
await Generator.load({ bundle: read, context: asked, worker: new URL("https://example.com/worker.js") });
await generator.generate("a prompt", { maxTokens: asked, seed: asked, stop: undefined, signal: undefined, onToken: undefined });

// @ts-expect-error a number is no text
await classifier.classify(7);
// @ts-expect-error there is no such option
await generator.generate("a prompt", { temprature: 1 });
// @ts-expect-error there is no such option
await Classifier.load({ thread: 2 });
// @ts-expect-error a model is loaded, not made
new Classifier();
