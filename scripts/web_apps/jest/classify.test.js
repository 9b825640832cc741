const { Classifier, ModelError } = require("smart-home");

test("the model answers", async () => {
  const classifier = await Classifier.load();
  const { label } = await classifier.classify("turn on the light");
  const { passed, cases, failure } = await classifier.selfTest();
  await classifier.dispose();
  require("node:fs").writeFileSync("found.json", JSON.stringify({ label, passed, cases, failure }));
  expect(failure).toBeNull();
});

test("a model that is not there is an error of the package", async () => {
  await expect(Classifier.load("/nowhere/")).rejects.toThrow(ModelError);
});
