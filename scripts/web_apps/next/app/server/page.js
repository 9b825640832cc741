import { Classifier } from "smart-home";
import { checked } from "../check.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  const found = await checked(() => Classifier.load());
  return <pre id="found">{JSON.stringify(found)}</pre>;
}
