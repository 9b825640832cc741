import { json } from "@sveltejs/kit";
import { Classifier } from "smart-home";
import { checked } from "../../../check.js";

export async function GET() {
  return json(await checked(() => Classifier.load()));
}
