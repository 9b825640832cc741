import { Classifier } from "smart-home";

const loading = Classifier.load();

self.onmessage = async ({ data: { method, words } }) => {
  try {
    const classifier = await loading;
    self.postMessage({ answer: await classifier[method](...words) });
  } catch (error) {
    self.postMessage({ error: error.message });
  }
};
