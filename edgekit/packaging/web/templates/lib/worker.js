// The worker of an app that a bundler builds: models run here, and the page stays alive.

import * as onnxruntime from "onnxruntime-web/wasm";

import { acceptModels } from "./worker_scope.js";

acceptModels(async () => onnxruntime);
