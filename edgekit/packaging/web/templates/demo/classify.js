// A text box whose label follows what is typed.

import { area, button, element, made, showProblem } from "./dom.js";

/** @typedef {import("../index.d.ts").Classifier} Classifier */
/** @typedef {import("../index.d.ts").Prediction} Prediction */

// labels that are shown before a person asks for all
const SHOWN = 6;
const REMEMBERED = 50;

/**
 * @param {Classifier} classifier
 * @param {{ text: string, text_pair: string | null }[]} golden
 */
export async function startClassifying(classifier, golden) {
  const example = golden.find(({ text, text_pair }) => text.length > 10 && text.length < 80 && !text_pair);
  const paired = golden.find(({ text_pair }) => text_pair);
  area("text").value = (paired ?? example)?.text ?? "";
  area("pair").value = paired?.text_pair ?? "";
  element("pair-row").hidden = !paired;
  element("classifier").hidden = false;
  const live = new Live(classifier);
  for (const id of ["text", "pair"]) area(id).addEventListener("input", () => live.ask());
  button("more").addEventListener("click", () => live.toggle());
  // the first run of a model is slower than any after it
  await classifier.classify(area("text").value, area("pair").value || null);
  await live.ask();
}

/** Classifies the newest text, and skips those that were typed over meanwhile. */
class Live {
  /** @param {Classifier} classifier */
  constructor(classifier) {
    this.classifier = classifier;
    this.isBusy = false;
    this.isStale = false;
    this.showsAll = false;
    /** @type {number[]} */
    this.times = [];
    /** @type {Prediction | null} */
    this.last = null;
  }

  async ask() {
    this.isStale = true;
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      while (this.isStale) {
        this.isStale = false;
        this.show(await this.classifier.classify(area("text").value, area("pair").value || null));
      }
    } catch (error) {
      showProblem(error);
    } finally {
      this.isBusy = false;
    }
  }

  toggle() {
    this.showsAll = !this.showsAll;
    if (this.last) this.showScores(this.last);
  }

  /**
   * @private
   * @param {Prediction} prediction
   */
  show(prediction) {
    this.last = prediction;
    if (element("label").textContent !== prediction.label) element("label").textContent = prediction.label;
    element("score").textContent = percent(prediction.score);
    this.showScores(prediction);
    this.times = [...this.times, prediction.ms].slice(-REMEMBERED);
    const middle = [...this.times].sort((one, other) => one - other)[this.times.length >> 1];
    element("latency").textContent =
      `${prediction.ms.toFixed(1)} ms, tokenizer included · median of the last ${this.times.length}: ${middle.toFixed(1)} ms`;
  }

  /**
   * @private
   * @param {Prediction} prediction
   */
  showScores({ scores }) {
    const ranked = [...scores].sort((one, other) => other.score - one.score);
    const shown = this.showsAll ? ranked : ranked.slice(0, SHOWN);
    element("scores").replaceChildren(...shown.map(row));
    const more = button("more");
    more.hidden = ranked.length <= SHOWN;
    more.textContent = this.showsAll ? "Show fewer labels" : `Show all ${ranked.length} labels`;
    more.setAttribute("aria-expanded", String(this.showsAll));
  }
}

/** @param {{ label: string, score: number }} scored */
function row({ label, score }) {
  const item = document.createElement("li");
  const bar = made("span", "", "bar");
  bar.style.width = `${100 * score}%`;
  item.append(bar, made("span", label), made("span", percent(score), "share"));
  return item;
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
