import { Classifier } from "smart-home";
import { checked } from "../check.js";

export async function loader() {
  return Response.json(await checked(() => Classifier.load()));
}
