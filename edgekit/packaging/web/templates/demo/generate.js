// A prompt, and the text that follows as it is written.

import { area, button, element, showProblem } from "./dom.js";

/** @typedef {import("../index.d.ts").Generator} Generator */
/** @typedef {{ text: string, ids: number[], origin?: string }} Case */

const ENDS = {
  eos: "the model ended the text", stop: "a stop string appeared", length: "all tokens are written",
  context: "the context is full", cancelled: "stopped",
};

/**
 * @param {Generator} generator
 * @param {Case[]} golden
 */
export function startGenerating(generator, golden) {
  area("prompt").value = promptOf(golden);
  element("generator").hidden = false;
  /** @type {AbortController | null} */
  let running = null;
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    void write(generator, running);
  });
  button("stop").addEventListener("click", () => running?.abort());
}

/**
 * The first prompt in a language that the model knows, whose words are a token or two each; else some of its own words.
 * @param {Case[]} golden
 */
function promptOf(golden) {
  const known = golden.find(({ text, ids }) => text.length > 8 && ids.length <= 2 * text.split(" ").length);
  return (known ?? golden.find(({ origin }) => origin === "vocabulary"))?.text ?? "";
}

/**
 * @param {Generator} generator
 * @param {AbortController} running
 */
async function write(generator, running) {
  const prompt = area("prompt").value;
  const written = element("written");
  element("problem").hidden = true;
  element("given").textContent = prompt;
  written.textContent = "";
  element("speed").textContent = "writing…";
  button("write").disabled = true;
  button("stop").disabled = false;
  try {
    const done = await generator.generate(prompt, {
      ...options(), signal: running.signal, onToken: (piece) => written.append(piece),
    });
    const speed = done.tokensPerSecond ? ` · ${done.tokensPerSecond.toFixed(0)} tokens/s` : "";
    element("speed").textContent =
      `${done.ids.length} tokens · first after ${done.firstMs.toFixed(1)} ms${speed} · ${ENDS[done.finish]}`;
  } catch (error) {
    element("speed").textContent = "–";
    showProblem(error);
  } finally {
    button("write").disabled = false;
    button("stop").disabled = true;
  }
}

function options() {
  const number = (/** @type {string} */ id) => (/** @type {HTMLInputElement} */ (element(id))).valueAsNumber;
  const temperature = number("temperature");
  const sampling = temperature ? { topK: number("top-k"), topP: number("top-p"), seed: number("seed") } : {};
  return { maxTokens: number("max-tokens"), temperature, ...sampling };
}
