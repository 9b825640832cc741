// Two models that are loaded, run and tested at once, as one that `check` knows: the texts must be those of one alone.

/**
 * @param {() => Promise<any>} classifierOf
 * @param {() => Promise<any>} generatorOf
 */
export async function twoModels(classifierOf, generatorOf) {
  const models = await Promise.all([classifierOf(), generatorOf(), classifierOf(), generatorOf()]);
  const [classifier, generator, again, other] = models;
  const write = (/** @type {any} */ model) => model.generate("once upon a time", { maxTokens: 8 });
  const { text } = await write(generator);
  return {
    /** @param {string} words */
    async classify(words) {
      const { label } = await classifier.classify(words);
      for (let time = 0; time < 20; time++) {
        const found = await Promise.all([classifier.classify(words), write(generator), again.classify(words), write(other)]);
        const same = [label, text, label, text].every((each, at) => [found[at].label, found[at].text].includes(each));
        if (!same) throw new Error(`time ${time}: ${JSON.stringify(found)}`);
      }
      return { label };
    },
    async selfTest() {
      const tests = await Promise.all(models.map((model) => model.selfTest()));
      return {
        passed: tests.reduce((sum, { passed }) => sum + passed, 0),
        cases: tests.reduce((sum, { cases }) => sum + cases, 0),
        failure: tests.map(({ failure }) => failure).find(Boolean) ?? null,
      };
    },
    dispose: () => Promise.all(models.map((model) => model.dispose())),
  };
}
