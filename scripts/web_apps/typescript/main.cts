import smartHome = require("smart-home");

async function main(): Promise<void> {
  const classifier: smartHome.Classifier = await smartHome.Classifier.load();
  const { label } = await classifier.classify("turn on the light");
  const { passed, cases, failure } = await classifier.selfTest();
  await classifier.dispose();
  console.log(JSON.stringify({ label, passed, cases, failure }));
}
main();
