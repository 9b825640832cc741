import { writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Classifier } from "smart-home";

test("the model answers", async () => {
  const classifier = await Classifier.load();
  const { label } = await classifier.classify("turn on the light");
  const { passed, cases, failure } = await classifier.selfTest();
  await classifier.dispose();
  writeFileSync("found.json", JSON.stringify({ label, passed, cases, failure }));
  expect(failure).toBeNull();
});
