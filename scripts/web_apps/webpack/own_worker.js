import { Classifier } from "smart-home";

const model = Classifier.load();

globalThis.onmessage = async ({ data: { call, words } }) => {
  try {
    postMessage({ answer: await (await model)[call](...words) });
  } catch (error) {
    postMessage({ failure: error.message });
  }
};
