const { Classifier } = require("smart-home");

jest.mock("smart-home", () => ({
  Classifier: {
    load: async () => ({
      labels: ["play"],
      classify: async () => ({
        label: "play",
        score: 1,
        scores: [{ label: "play", score: 1 }],
        logits: new Float32Array([1]),
        ms: 1,
      }),
      selfTest: async () => ({ cases: 1, passed: 1, maxDifference: 0, failure: null, unreached: [] }),
      dispose: async () => {},
    }),
  },
}));

test("an app's own test needs no model", async () => {
  const classifier = await Classifier.load({ worker: true });
  const { label, scores, ms } = await classifier.classify("play jazz");
  expect([label, scores, ms]).toEqual(["play", [{ label: "play", score: 1 }], 1]);
  expect((await classifier.selfTest()).failure).toBeNull();
  await classifier.dispose();
});
