// What the app does with both models, the same in Node, whose answers are the right ones, and in Hermes.

const TEXT = "turn on the light";
const TEXTS = [TEXT, "", "naïve 🔥 café", "İstanbul ǅ ﬁ", "a\u0301\u0327b", "東京 タワー", "x".repeat(300), "\ufeffmark", "  two  blanks "];
const DRAWS = [
  { maxTokens: 12 },
  { maxTokens: 20, temperature: 0.8, topK: 20, topP: 0.95, seed: 7 },
  { maxTokens: 90, temperature: 1.3, seed: 2, contextFull: "slide" },
];

/**
 * @param {() => Promise<any>} loadClassifier
 * @param {() => Promise<any>} loadGenerator
 */
export async function exercise(loadClassifier, loadGenerator) {
  const began = performance.now();
  const [classifier, generator] = await Promise.all([loadClassifier(), loadGenerator()]);
  const { label } = await classifier.classify(TEXT);
  const firstMs = performance.now() - began;
  // other ids would be runs of the model that Node has not made
  const found = { answers: [], texts: [] };
  for (const text of TEXTS) {
    const { logits, scores } = await classifier.classify(text);
    found.answers.push([[...logits], scores]);
  }
  // both at once, too
  const [tests, ...written] = await Promise.all([
    Promise.all([classifier.selfTest(), generator.selfTest()]),
    ...DRAWS.map((draw) => generator.generate("once upon", draw)),
  ]);
  found.texts = written.map(({ text, ids, finish, slides }) => ({ text, ids, finish, slides }));
  await Promise.all([classifier.dispose(), generator.dispose()]);
  const sum = (key) => tests.reduce((total, test) => total + test[key], 0);
  const failure = tests.map((test) => test.failure).find(Boolean) ?? null;
  return { label, passed: sum("passed"), cases: sum("cases"), failure, firstMs, found };
}
