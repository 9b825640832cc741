import { Component, afterNextRender } from "@angular/core";
import { Classifier } from "smart-home";
import { check } from "./check.js";

const files = { bundle: "/smart-home/", wasmPaths: "/onnxruntime/" };
const inWorker = () => new Worker(new URL("./model.worker", import.meta.url), { type: "module" });

@Component({ selector: "app-root", template: "<p>the answer is on its way</p>" })
export class App {
  constructor() {
    afterNextRender(() =>
      check({ worker: () => Classifier.load({ ...files, worker: inWorker() }), page: () => Classifier.load(files) }),
    );
  }
}
