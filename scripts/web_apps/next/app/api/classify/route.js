import { Classifier } from "smart-home";
import { checked } from "../../check.js";

export const dynamic = "force-dynamic";

export async function GET() {
  return Response.json(await checked(() => Classifier.load()));
}
