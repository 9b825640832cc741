import { Classifier } from "smart-home";
import { check } from "./check.js";

const files = { bundle: "/smart-home/", wasmPaths: "/onnxruntime/" };
check({ worker: () => Classifier.load({ ...files, worker: "/worker.js" }), page: () => Classifier.load(files) });
