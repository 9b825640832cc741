import { expect, jest, test } from "@jest/globals";

jest.unstable_mockModule("smart-home", () => ({
  Classifier: { load: async () => ({ classify: async () => ({ label: "play", score: 1 }), dispose: async () => {} }) },
}));
const { Classifier } = await import("smart-home");

test("an app's own test needs no model", async () => {
  const classifier = await Classifier.load({ worker: true });
  expect((await classifier.classify("play jazz")).label).toBe("play");
  await classifier.dispose();
});
