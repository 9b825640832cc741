import { join } from "node:path";
import {
  AngularNodeAppEngine,
  createNodeRequestHandler,
  isMainModule,
  writeResponseToNodeResponse,
} from "@angular/ssr/node";
import express from "express";
import { Classifier } from "smart-home";
import { checked } from "./check.js";

const app = express();
const engine = new AngularNodeAppEngine({ allowedHosts: ["localhost"] });

app.get("/api/classify", async (_, response) => {
  response.json(await checked(() => Classifier.load()));
});
app.use(express.static(join(import.meta.dirname, "../browser"), { index: false }));
app.use((request, response, next) => {
  engine
    .handle(request)
    .then((found) => (found ? writeResponseToNodeResponse(found, response) : next()))
    .catch(next);
});
if (isMainModule(import.meta.url)) app.listen(Number(process.env["PORT"]));

export const reqHandler = createNodeRequestHandler(app);
