// A thread of Node: a model runs here, and the server that started it answers others meanwhile.

import { parentPort } from "node:worker_threads";

import { GatedTurns } from "./exit_gate.js";
import { platform } from "./node_platform.js";
import { serveModel } from "./worker_host.js";

parentPort?.once("message", ({ port, gate, ...order }) => {
  serveModel(port, async () => ({ ...platform, turns: () => new GatedTurns(gate) }), order);
});
